using Iskandar.Client;
using Microsoft.Extensions.Logging;

namespace Iskandar.Cli.Configuration;

/// <summary>What <c>iskandar http</c> was told, checked.</summary>
/// <param name="Server">The tunnel server.</param>
/// <param name="HostField">Which host the origin sees.</param>
/// <param name="Encoding">What the tunnel speaks.</param>
/// <param name="LogLevel">The least level logged.</param>
internal sealed record ClientSettings(Uri Server, HostField HostField, TunnelEncoding Encoding, LogLevel LogLevel)
{
    private static readonly Setting ServerSetting = new("server", "url", "The tunnel server. Default http://localhost:8080.");

    private static readonly Setting HostHeaderSetting = new(
        "host-header", "rewrite|preserve|name", "The Host field that your app sees: its own authority, the public host, or this name. Default rewrite.");

    private static readonly Setting EncodingSetting = new(
        "encoding", "binary|json", "What the tunnel speaks: fast binary frames, or JSON that a person can read on the wire. Default binary.");

    /// <summary>Every setting of the command and of the file's <c>client</c> section.</summary>
    public static IReadOnlyList<Setting> All { get; } = [ServerSetting, HostHeaderSetting, EncodingSetting, LogSetting.Setting];

    /// <summary>Reads every setting.</summary>
    /// <param name="reader">Where from.</param>
    /// <param name="problems">Takes all that is wrong. The result is good for nothing unless this stays empty.</param>
    public static ClientSettings Read(SettingReader reader, ICollection<string> problems) => new(
        Value(reader, ServerSetting, HttpUrl.Parse, "an http or https URL without a path, such as https://tunnel.example.com", problems)
            ?? new Uri("http://localhost:8080"),
        Value(reader, HostHeaderSetting, HostField.Parse, HostField.Expected, problems) ?? HostField.Rewrite,
        ReadEncoding(reader, problems),
        LogSetting.Read(reader, problems));

    private static TunnelEncoding ReadEncoding(SettingReader reader, ICollection<string> problems)
    {
        var value = reader.ReadOne(EncodingSetting);
        switch (value?.Text)
        {
            case null or "binary":
                return TunnelEncoding.Binary;
            case "json":
                return TunnelEncoding.Json;
            default:
                problems.Add(value.Complaint("binary or json"));
                return TunnelEncoding.Binary;
        }
    }

    private static T? Value<T>(SettingReader reader, Setting setting, Func<string, T?> parse, string expected, ICollection<string> problems)
        where T : class
    {
        if (reader.ReadOne(setting) is not { } value)
        {
            return null;
        }

        var parsed = parse(value.Text);
        if (parsed is null)
        {
            problems.Add(value.Complaint(expected));
        }

        return parsed;
    }
}
