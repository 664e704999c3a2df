using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Iskandar.Cli.Configuration;
using Iskandar.Client;

namespace Iskandar.Cli.Names;

/// <summary>A place for one name: the same for the same command, another for each of those that run at once.</summary>
internal sealed class NameSlot
{
    private const int LargestFile = 4096;
    private const int LongestName = 63;
    private const int LongestKey = 256;
    private const int HashLength = 32;

    private readonly string _server;
    private readonly string _target;
    private readonly string _path;

    /// <summary>A slot of a server and a target.</summary>
    /// <param name="folder">Where the files are.</param>
    /// <param name="server">The tunnel server.</param>
    /// <param name="target">The app.</param>
    /// <param name="number">Which of those that run at once.</param>
    public NameSlot(string folder, Uri server, Uri target, int number)
    {
        _server = server.AbsoluteUri;
        _target = target.AbsoluteUri;
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_server}\n{_target}\n{number}")));
        _path = Path.Combine(folder, Convert.ToHexStringLower(hash)[..HashLength]);
    }

    /// <summary>The file that holds the name.</summary>
    public string File => _path + ".json";

    /// <summary>The file that whoever uses the slot holds.</summary>
    public string Lock => _path + ".lock";

    /// <summary>The name that was written last.</summary>
    /// <returns>Null when there is none that could be used.</returns>
    public KeptName? Read()
    {
        try
        {
            return PrivateFile.Read(File, LargestFile, out _) is { } utf8
                && JsonSerializer.Deserialize(utf8, NameFileContext.Default.NameFile) is { } file
                && file.Server == _server
                && file.Target == _target
                && IsUsable(file.Name, LongestName)
                && IsUsable(file.Key, LongestKey)
                    ? new KeptName(file.Name, file.Key)
                    : null;
        }
        catch (Exception exception) when (exception is JsonException || PrivateFile.IsRefusal(exception))
        {
            return null;
        }
    }

    /// <summary>Writes a name in place of the last.</summary>
    public void Write(KeptName name) =>
        PrivateFile.Write(File, JsonSerializer.SerializeToUtf8Bytes(new NameFile(_server, _target, name.Name, name.Key), NameFileContext.Default.NameFile));

    // Both go into fields of a request. What is wrong with them beyond that is the server's to say.
    private static bool IsUsable(string? text, int longest) => text is { Length: > 0 } && text.Length <= longest && text.All(static c => c is > ' ' and < '\x7f');
}

/// <summary>What the file holds.</summary>
internal sealed record NameFile(string Server, string Target, string Name, string Key);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NameFile))]
internal sealed partial class NameFileContext : JsonSerializerContext;
