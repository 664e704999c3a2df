using Iskandar.Client;
using Microsoft.Extensions.Logging;

namespace Iskandar.Cli.Configuration;

/// <summary>What <c>iskandar http</c> was told, checked.</summary>
/// <param name="Server">The tunnel server.</param>
/// <param name="HostField">Which host the origin sees.</param>
/// <param name="LocationField">Where the origin's redirects lead.</param>
/// <param name="Encoding">What the tunnel speaks.</param>
/// <param name="UpstreamProtocol">What is spoken with the origin.</param>
/// <param name="UpstreamTlsVerify">Whether the origin's certificate has to be good; null: unless it is on this machine.</param>
/// <param name="NewName">Whether the tunnel is to have another name than the last time.</param>
/// <param name="MaxReconnectTime">How long to try to connect again; null: for ever.</param>
/// <param name="LogLevel">The least level logged.</param>
internal sealed record ClientSettings(
    Uri Server,
    HostField HostField,
    LocationField LocationField,
    TunnelEncoding Encoding,
    UpstreamProtocol UpstreamProtocol,
    bool? UpstreamTlsVerify,
    bool NewName,
    TimeSpan? MaxReconnectTime,
    LogLevel LogLevel)
{
    private static readonly Setting ServerSetting = new("server", "url", "The tunnel server. Default http://localhost:8080.");

    private static readonly Setting HostHeaderSetting = new(
        "host-header", "rewrite|preserve|name", "The Host field that your app sees: its own authority, the public host, or this name. Default rewrite.");

    private static readonly Setting LocationHeaderSetting = new(
        "location-header",
        "rewrite|preserve",
        "What becomes of redirects to the host that your app sees: they lead to the public one, or stay as they are. Default rewrite.");

    private static readonly Setting EncodingSetting = new(
        "encoding", "binary|json", "What the tunnel speaks: fast binary frames, or JSON that a person can read on the wire. Default binary.");

    private static readonly Setting UpstreamProtocolSetting = new(
        "upstream-protocol",
        "auto|http1|http2",
        "What is spoken with your app: HTTP/1.1, HTTP/2 (over http:// with prior knowledge), or auto: HTTP/2 for gRPC, and over https:// if your app chooses it. Default auto.");

    private static readonly Setting UpstreamTlsVerifySetting = new(
        "upstream-tls-verify",
        "on|off",
        "Whether the certificate of an https:// app has to be good. It may be off only for an app on this machine. Default off there, else on.");

    private static readonly Setting NewNameSetting = new(
        "new-name", "on|off", "Whether the tunnel gets a new name, and keeps that one from then on, instead of the one it had the last time. Default off.");
    private static readonly Setting MaxReconnectTimeSetting = new(
        "max-reconnect-time", "time|off", "How long to try to connect again when the connection is lost, before giving up. Default off: for ever.");

    // The default is the default of the type.
    private static readonly (string Name, TunnelEncoding Value)[] Encodings = [("binary", TunnelEncoding.Binary), ("json", TunnelEncoding.Json)];

    private static readonly (string Name, LocationField Value)[] LocationFields = [("rewrite", LocationField.Rewrite), ("preserve", LocationField.Preserve)];

    private static readonly (string Name, UpstreamProtocol Value)[] Protocols =
        [("auto", UpstreamProtocol.Auto), ("http1", UpstreamProtocol.Http1), ("http2", UpstreamProtocol.Http2)];

    private static readonly (string Name, bool? Value)[] OnOrOff = [("on", true), ("off", false)];

    /// <summary>Every setting of the command and of the file's <c>client</c> section.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        ServerSetting, HostHeaderSetting, LocationHeaderSetting, EncodingSetting, UpstreamProtocolSetting, UpstreamTlsVerifySetting, NewNameSetting,
        MaxReconnectTimeSetting, LogSetting.Setting,
    ];

    /// <summary>Reads every setting.</summary>
    /// <param name="reader">Where from.</param>
    /// <param name="problems">Takes all that is wrong. The result is good for nothing unless this stays empty.</param>
    public static ClientSettings Read(SettingReader reader, ICollection<string> problems) => new(
        Value(reader, ServerSetting, HttpUrl.Parse, "an http or https URL without a path, such as https://tunnel.example.com", problems)
            ?? new Uri("http://localhost:8080"),
        Value(reader, HostHeaderSetting, HostField.Parse, HostField.Expected, problems) ?? HostField.Rewrite,
        ReadOneOf(reader, LocationHeaderSetting, LocationFields, problems),
        ReadOneOf(reader, EncodingSetting, Encodings, problems),
        ReadOneOf(reader, UpstreamProtocolSetting, Protocols, problems),
        ReadOneOf(reader, UpstreamTlsVerifySetting, OnOrOff, problems),
        ReadOneOf(reader, NewNameSetting, OnOrOff, problems) ?? false,
        ReadMaxReconnectTime(reader, problems),
        LogSetting.Read(reader, problems));

    /// <summary>How the origin is spoken to.</summary>
    /// <param name="origin">The origin.</param>
    /// <param name="problem">What is wrong with that, or null.</param>
    public OriginSettings ForOrigin(Uri origin, out string? problem)
    {
        problem = UpstreamTlsVerify == false && !origin.IsLoopback
            ? $"{UpstreamTlsVerifySetting.Flag} off is only for apps on this machine, and {origin.Host} is not this machine. "
                + "Have this machine trust its certificate, or run iskandar http beside the app."
            : null;
        return new OriginSettings(origin, HostField, UpstreamProtocol, UpstreamTlsVerify ?? !origin.IsLoopback, LocationField);
    }

    private static TimeSpan? ReadMaxReconnectTime(SettingReader reader, ICollection<string> problems)
    {
        if (reader.ReadOne(MaxReconnectTimeSetting) is not { Text: not "off" } value)
        {
            return null;
        }

        var time = Quantities.ParseTime(value.Text);
        if (time is null || time < TimeSpan.FromSeconds(1))
        {
            problems.Add(value.Complaint(Quantities.Time + " that is at least 1s, or off"));
        }

        return time;
    }

    private static T? ReadOneOf<T>(SettingReader reader, Setting setting, (string Name, T Value)[] choices, ICollection<string> problems)
    {
        if (reader.ReadOne(setting) is not { } value)
        {
            return default;
        }

        var chosen = Array.FindIndex(choices, choice => choice.Name == value.Text);
        if (chosen < 0)
        {
            problems.Add(value.Complaint(Expected(choices)));
            return default;
        }

        return choices[chosen].Value;
    }

    private static string Expected<T>((string Name, T Value)[] choices) =>
        $"{string.Join(", ", choices[..^1].Select(choice => choice.Name))} or {choices[^1].Name}";

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
