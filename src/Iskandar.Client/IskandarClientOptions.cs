using System.IO.Pipelines;

namespace Iskandar.Client;

/// <summary>Options of a tunnel's client.</summary>
public sealed class IskandarClientOptions
{
    /// <summary>The tunnel server: an absolute http or https URL without path. Required.</summary>
    public Uri? Server { get; set; }

    /// <summary>The encoding to ask for. Default <see cref="TunnelEncoding.Binary"/>.</summary>
    public TunnelEncoding Encoding { get; set; }

    /// <summary>The longest message taken from the server, in bytes. Default 64 MiB.</summary>
    public int MaxMessage { get; set; } = 64 * 1024 * 1024;

    /// <summary>Time allowed for one attempt to connect, up to the registration. Default 15 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The longest wait between two attempts to connect, unless the server asks for a longer one. Default 30 s. Each wait is anything up to a ceiling, which is 0.25 s at
    /// first and doubles with each attempt.
    /// </summary>
    public TimeSpan MaxReconnectDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>After how much time without a byte in one direction the server is pinged. Default 10 s.</summary>
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>After how much time without a byte from the server the connection is given up. At least a second more than <see cref="PingInterval"/>; default 15 s.</summary>
    public TimeSpan PingTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long to try to connect again before giving up. Default null: for ever.</summary>
    public TimeSpan? MaxReconnectTime { get; set; }

    /// <summary>
    /// Whether requests begin on the thread that reads the tunnel's connection: that saves a change of threads. Only for apps that never block a thread, and work long
    /// only after their first wait: everything else in the tunnel waits for that. Default false.
    /// </summary>
    public bool RunInline { get; set; }

    /// <summary>
    /// Where the tunnel's writer runs, and who waited for content or for room to send goes on. What has to be sent by then goes out in one piece.
    /// It is called under locks, so it must never run anything at once, as <see cref="PipeScheduler.Inline"/> does. Default: the thread pool.
    /// </summary>
    public PipeScheduler Scheduler { get; set; } = PipeScheduler.ThreadPool;

    /// <summary>
    /// Called when requests have come, on the thread where that was: what follows from it may come at once, and a thread that waits for it awake need not
    /// be woken. Must return at once and not throw. Default null.
    /// </summary>
    public Action? MoreExpected { get; set; }

    /// <summary>Told of each change of the tunnel's state, in order, one at a time. Must return at once and not throw.</summary>
    public Action<TunnelStatus>? StatusChanged { get; set; }

    /// <summary>The name that this client had before, with its key: it asks the server for that name. Default null: any name.</summary>
    public KeptName? KeptName { get; set; }

    /// <summary>Told when the server gave a name and a key for it, to be kept, before the URL is told. Nothing is served until it returns; must not throw.</summary>
    public Action<KeptName>? NameKept { get; set; }

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
