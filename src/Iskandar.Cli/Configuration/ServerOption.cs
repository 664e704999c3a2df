using Iskandar.Server.Configuration;

namespace Iskandar.Cli.Configuration;

/// <summary>A setting that becomes a property of <see cref="IskandarServerOptions"/>.</summary>
/// <param name="Setting">Its name and help.</param>
/// <param name="Expected">What a value looks like, for a complaint.</param>
/// <param name="Parse">Turns a value into an assignment; null when it can't.</param>
/// <param name="Clear">Takes away the default of a list that has one, before the first value.</param>
internal sealed record ServerOption(
    Setting Setting, string Expected, Func<string, Action<IskandarServerOptions>?> Parse, Action<IskandarServerOptions>? Clear = null)
{
    /// <summary>Every option of the server. The names are those that <see cref="IskandarServerOptionsValidator"/> uses in its messages.</summary>
    public static ServerOption[] CreateTable() =>
    [
        new(
            new("public-url", "url", "What tunnel URLs are made of: https://example.com gives https://abc123.example.com. Default localhost with the scheme and port of the first address."),
            "an http or https URL such as https://tunnel.example.com",
            text => Uri.TryCreate(text, UriKind.Absolute, out var url) ? o => o.PublicUrl = url : null),
        Number("max-tunnels", "Tunnels at once. Default 1000.", (o, n) => o.MaxTunnels = n),
        Number("max-exchanges", "Requests in flight for each tunnel. Default 256.", (o, n) => o.MaxExchanges = n),
        Size("max-request-content", "Longest request content; over it, visitors get 413. Default 4MiB.", int.MaxValue, (o, n) => o.MaxRequestContent = (int)n),
        Size("max-message", "Longest message taken from a client. Default 16MiB.", int.MaxValue, (o, n) => o.MaxMessage = (int)n),
        Size("max-fields", "Fields of a request or a response; over it, visitors get 431 or 502. Default 64KiB.", int.MaxValue, (o, n) => o.MaxFields = (int)n),
        Size("max-buffered-responses", "Response content held for the slow visitors of one tunnel. Default 64MiB.", long.MaxValue, (o, n) => o.MaxBufferedResponses = n),
        Size("max-buffered", "Content held for all tunnels together. Default 512MiB.", long.MaxValue, (o, n) => o.MaxBuffered = n),
        Time("head-timeout", "Time from the end of a request to its response. Default 100s.", (o, t) => o.HeadTimeout = t),
        new(
            new("idle-timeout", "time|off", "Time without content in a response that isn't complete. Default off."),
            Quantities.Time + ", or off",
            text => text == "off" ? o => o.IdleTimeout = null : Quantities.ParseTime(text) is { } t ? o => o.IdleTimeout = t : null),
        Time("link-timeout", "Time that a tunnel is kept when its connection is lost: visitors wait, and what is in flight goes on. 0s for not at all. Default 60s.", (o, t) => o.LinkTimeout = t),
        Time("ping-interval", "Time without a byte after which a client is pinged. Default 10s.", (o, t) => o.PingInterval = t),
        Time("ping-timeout", "Time without a byte after which a client's connection is given up. Default 15s.", (o, t) => o.PingTimeout = t),
        new(
            new("missing-tunnel-status", "404|421|503", "What visitors of a name without a tunnel get: 421 or 503 for servers behind a proxy that asks another one then. Default 404."),
            "404, 421 or 503",
            text => Quantities.ParseNumber(text) is { } status && status is 404 or 421 or 503 ? o => o.MissingTunnelStatus = status : null),
        Time("drain-timeout", "Time to finish what is in flight when the server stops. Default 30s.", (o, t) => o.DrainTimeout = t),
        new(
            new("min-upload-rate", "size|off", "Least bytes a second of a request's content, after its first 30s. Default off."),
            Quantities.Size + ", or off",
            text => text == "off" ? o => o.MinUploadRate = null : Quantities.ParseSize(text) is { } rate ? o => o.MinUploadRate = rate : null),
        new(
            new("forwarded-fields", "x-forwarded|forwarded|both", "How apps learn where a request came from: X-Forwarded-For, -Proto and -Host, or Forwarded, or both. Default x-forwarded."),
            "x-forwarded, forwarded or both",
            text => ParseForwarded(text) is { } fields ? o => o.ForwardedFields = fields : null),
        new(
            new("via", "name|off", "What the server calls itself in the Via field of requests. Default iskandar."),
            "a token such as iskandar, or off",
            text => o => o.Via = text == "off" ? null : text),
        new(
            new("trusted-proxies", "network", "Proxies whose X-Forwarded-* fields are believed: addresses or networks. Repeatable. Default none.", IsList: true),
            "an address or network",
            text => o => o.TrustedProxies.Add(text)),
        new(
            new("upgrades", "protocol", "Protocols that visitors' connections may change to through a tunnel (Upgrade), or off. Repeatable. Default websocket.", IsList: true),
            "the name of a protocol, or off",
            text => o =>
            {
                if (text != "off")
                {
                    o.Upgrades.Add(text);
                }
            },
            Clear: o => o.Upgrades.Clear()),
    ];

    private static ForwardedFields? ParseForwarded(string text) => text switch
    {
        "x-forwarded" => ForwardedFields.XForwarded,
        "forwarded" => ForwardedFields.Forwarded,
        "both" => ForwardedFields.Both,
        _ => null,
    };

    private static ServerOption Number(string name, string help, Action<IskandarServerOptions, int> assign) => new(
        new(name, "n", help),
        Quantities.Number,
        text => Quantities.ParseNumber(text) is { } number ? o => assign(o, number) : null);

    private static ServerOption Size(string name, string help, long most, Action<IskandarServerOptions, long> assign) => new(
        new(name, "size", help),
        most == int.MaxValue ? Quantities.Size + " (under 2GiB)" : Quantities.Size,
        text => Quantities.ParseSize(text) is { } size && size <= most ? o => assign(o, size) : null);

    private static ServerOption Time(string name, string help, Action<IskandarServerOptions, TimeSpan> assign) => new(
        new(name, "time", help),
        Quantities.Time,
        text => Quantities.ParseTime(text) is { } time ? o => assign(o, time) : null);
}
