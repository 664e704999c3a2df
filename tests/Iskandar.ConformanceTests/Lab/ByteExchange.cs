using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Iskandar.ConformanceTests.Lab;

/// <summary>A request at a <see cref="ByteOrigin"/>, and the connection that it came on.</summary>
public sealed class ByteExchange(Socket socket, NetworkStream stream, CancellationToken stopping)
{
    private readonly byte[] _one = new byte[1];

    /// <summary>The request's head as it was on the wire, without the empty line.</summary>
    public string Head { get; private set; } = "";

    public bool IsOver { get; private set; }

    /// <summary>The first line.</summary>
    public string Line => Head.Split("\r\n")[0];

    /// <summary>The values of a field, in order.</summary>
    public IReadOnlyList<string> All(string name) => HeadText.All(Head, name);

    public Task SendAsync(string text) => stream.WriteAsync(Encoding.Latin1.GetBytes(text), stopping).AsTask();

    /// <summary>Answers 200 with a text.</summary>
    public Task SendTextAsync(string text) =>
        SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Encoding.Latin1.GetByteCount(text)}\r\n\r\n{text}");

    /// <summary>The connection ends, as it should: with a FIN.</summary>
    public void Close()
    {
        IsOver = true;
        socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>The request's content, without its framing; trailer lines follow after "\r\n".</summary>
    public async Task<string> ReadContentAsync()
    {
        if (All("Content-Length") is [var length])
        {
            return await ReadAsync(int.Parse(length, CultureInfo.InvariantCulture));
        }

        var content = new StringBuilder();
        if (All("Transfer-Encoding").Count > 0)
        {
            while (int.Parse((await ReadLineAsync()).Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var size)
            {
                content.Append(await ReadAsync(size));
                await ReadLineAsync();
            }

            while (await ReadLineAsync() is { Length: > 0 } trailer)
            {
                content.Append("\r\n").Append(trailer);
            }
        }

        return content.ToString();
    }

    /// <summary>So many bytes of it, without regard to framing.</summary>
    public async Task<string> ReadAsync(int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, stopping);
        return Encoding.Latin1.GetString(bytes);
    }

    /// <summary>What has come; at least one byte.</summary>
    public async Task<string> ReadSomeAsync()
    {
        var bytes = new byte[64 * 1024];
        var count = await stream.ReadAsync(bytes, stopping);
        return count > 0 ? Encoding.Latin1.GetString(bytes, 0, count) : throw new EndOfStreamException();
    }

    /// <summary>Waits until the other side has ended the connection.</summary>
    public async Task<bool> IsLeftAsync()
    {
        try
        {
            return await stream.ReadAsync(_one, stopping) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    internal async Task<bool> ReadHeadAsync()
    {
        var head = new StringBuilder();
        while (await stream.ReadAsync(_one, stopping) == 1)
        {
            head.Append((char)_one[0]);
            if (_one[0] == '\n' && head.Length >= 4 && head.ToString(head.Length - 4, 4) == "\r\n\r\n")
            {
                Head = head.ToString(0, head.Length - 4);
                return true;
            }
        }

        return false;
    }

    private async Task<string> ReadLineAsync()
    {
        var line = new StringBuilder();
        do
        {
            await stream.ReadExactlyAsync(_one, stopping);
            line.Append((char)_one[0]);
        }
        while (_one[0] != '\n');

        return line.ToString().TrimEnd('\n').TrimEnd('\r');
    }
}

/// <summary>A message's head as text.</summary>
public static class HeadText
{
    public static IReadOnlyList<string> All(string head, string name) =>
        [.. head.Split("\r\n").Skip(1)
            .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
            .Select(line => line[(name.Length + 1)..].Trim(' ', '\t'))];
}
