using System.Globalization;
using System.Net;
using System.Text.Json;
using Iskandar.Load;

// Started by the programs of bench/, which know what each command needs and check what it prints.
switch (args)
{
    case ["tunnels", var port, var count]:
        await Tunnels.HoldAsync(Loopback(port), Number(count), Console.Out);
        return 1;
    case ["visitors", var port, var hosts, var connections, var seconds]:
        var visits = new Visits(Loopback(port), await File.ReadAllLinesAsync(hosts), Number(connections), Number(seconds));
        Console.WriteLine(JsonSerializer.Serialize(await visits.RunAsync(), Visits.Json));
        return 0;
    case ["origin", var port]:
        await PatternOrigin.RunAsync(Loopback(port), Console.Out);
        return 0;
    case ["download" or "upload", var port, var host, var length]:
        using (var visitor = new PatternVisitor(Loopback(port), host, long.Parse(length, CultureInfo.InvariantCulture), Console.Out))
        {
            await (args[0] == "download" ? visitor.DownloadAsync() : visitor.UploadAsync());
        }

        return 0;
    default:
        await Console.Error.WriteLineAsync(
            "Iskandar.Load tunnels PORT COUNT | visitors PORT FILE_OF_HOSTS CONNECTIONS SECONDS | origin PORT | download|upload PORT HOST BYTES");
        return 2;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static IPEndPoint Loopback(string port) => new(IPAddress.Loopback, Number(port));
