using System.IO.Pipelines;

namespace Iskandar.Server.Configuration;

/// <summary>Options of the tunnel server. Every limit is enforced before anything is buffered.</summary>
public sealed class IskandarServerOptions
{
    /// <summary>
    /// What tunnel URLs are made of: <c>http://localhost:8080</c> gives <c>http://abc123.localhost:8080</c>. Its host is the server's own.
    /// An absolute http or https URL without path, query and credentials; the host is a name, not an IP address.
    /// </summary>
    public Uri PublicUrl { get; set; } = new("http://localhost:8080");

    /// <summary>Tunnels at once. 1 to 1,000,000; default 1,000. Over it, new ones are refused with 503.</summary>
    public int MaxTunnels { get; set; } = 1_000;

    /// <summary>Exchanges in flight for each tunnel. 1 to 100,000; default 256. Over it, visitors get 503 and the app sees nothing.</summary>
    public int MaxExchanges { get; set; } = 256;

    /// <summary>
    /// Request content held for one exchange of the JSON encoding, in bytes. 0 to 32 MiB, which as one message is what our own client takes at the most;
    /// default 4 MiB. Over it, visitors get 413.
    /// </summary>
    public int MaxRequestContent { get; set; } = 4 * 1024 * 1024;

    /// <summary>The longest message taken from a client, in bytes. 64 KiB to 1 GiB; default 16 MiB.</summary>
    public int MaxMessage { get; set; } = 16 * 1024 * 1024;

    /// <summary>
    /// Field lines of a request, and of a response where the tunnel's encoding counts them, in bytes: a line counts as its name, its value and 4.
    /// 1 KiB to 96 KiB; default 64 KiB. Over it, visitors get 431, or 502 for a response.
    /// </summary>
    public int MaxFields { get; set; } = 64 * 1024;

    /// <summary>Response content held for the slow visitors of one tunnel, in bytes. 1 MiB to 16 GiB; default 64 MiB.</summary>
    public long MaxBufferedResponses { get; set; } = 64 * 1024 * 1024;

    /// <summary>Request and response content held for all tunnels together, in bytes. 16 MiB to 1 TiB; default 512 MiB. Over it, visitors get 503.</summary>
    public long MaxBuffered { get; set; } = 512 * 1024 * 1024;

    /// <summary>Time from the end of a request to the head of its response. 1 s to 1 day; default 100 s. After it, visitors get 504.</summary>
    public TimeSpan HeadTimeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>Time without content in a response that isn't complete. 1 s to 1 day; null, the default: no limit. After it, the response is aborted.</summary>
    public TimeSpan? IdleTimeout { get; set; }

    /// <summary>Time that exchanges in flight get to finish when the server stops. 0 s to 1 hour; default 30 s.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a tunnel is kept when its connection is lost, so that its client can resume it: exchanges in flight go on then, and visitors who come meanwhile wait. 0 s, for not at
    /// all, to 1 hour; default 60 s.
    /// </summary>
    public TimeSpan LinkTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>After how much time without a byte in one direction a client is pinged. 1 s to 1 hour; default 10 s.</summary>
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>After how much time without a byte from a client its connection is given up. At least a second more than <see cref="PingInterval"/>, to 2 hours; default 15 s.</summary>
    public TimeSpan PingTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The status that visitors of a name without a tunnel get: 404, or 421 or 503 for one of several servers behind a proxy, which asks another one then. With these, visitors of a tunnel that
    /// is about to leave this server get it as well, as far as the app hasn't seen their request. Default 404.
    /// </summary>
    public int MissingTunnelStatus { get; set; } = 404;

    /// <summary>
    /// The least rate of request content, in bytes per second, after its first 30 s. 1 to 1 GiB; null, the default: no limit, for an upload may pause. A visitor who is slower is cut off.
    /// </summary>
    public long? MinUploadRate { get; set; }

    /// <summary>Which fields tell apps where a request came from. Default: <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c>.</summary>
    public ForwardedFields ForwardedFields { get; set; }

    /// <summary>What the server calls itself in the <c>Via</c> field of requests (RFC 9110 section 7.6.3): a token. Default <c>iskandar</c>; null: no such field.</summary>
    public string? Via { get; set; } = "iskandar";

    /// <summary>
    /// Proxies in front of the server whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are believed: IP addresses or networks in CIDR notation.
    /// Default: none. The host is always that of <c>Host</c>, which a proxy has to pass on: it chooses the tunnel.
    /// </summary>
    public IList<string> TrustedProxies { get; } = [];

    /// <summary>
    /// Protocols that visitors' connections may change to through a tunnel (RFC 9110 section 7.8), such as <c>websocket</c>; empty for none. An <c>Upgrade</c> to any other
    /// is as good as absent. HTTP itself (<c>h2c</c>, <c>h2</c>, <c>HTTP</c>) can't be among them: the requests in it would pass the server unseen.
    /// </summary>
    public IList<string> Upgrades { get; } = ["websocket"];

    /// <summary>
    /// The secret that the keys of names follow from: who has a name's key may have the name again. At least 32 bytes of a cryptographic generator, the same for all servers that
    /// share names. Null, the default: a random one for this process, so that names don't outlive it.
    /// </summary>
    public byte[]? NameSecret { get; set; }

    /// <summary>
    /// Where tunnels' writers run, and who waited for room to send goes on. What has to be sent by then goes out in one piece.
    /// It is called under locks, so it must never run anything at once, as <see cref="PipeScheduler.Inline"/> does. Default: the thread pool.
    /// </summary>
    public PipeScheduler Scheduler { get; set; } = PipeScheduler.ThreadPool;

    /// <summary>
    /// Called when a request has gone, or responses have come, on the thread where that was: what follows from it may come at once, and a thread that waits for it awake need not
    /// be woken. Must return at once and not throw. Default null.
    /// </summary>
    public Action? MoreExpected { get; set; }
}
