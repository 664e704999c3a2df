using System.IO.Pipelines;

namespace Iskandar.Protocol.Connections;

/// <summary>Limits of the server's end of a tunnel connection.</summary>
public sealed class GatewayConnectionOptions
{
    /// <summary>Exchanges in flight at once. Default 256.</summary>
    public int MaxExchanges { get; init; } = 256;

    /// <summary>The longest message taken from a client, in bytes. Default 16 MiB.</summary>
    public int MaxMessage { get; init; } = 16 * 1024 * 1024;

    /// <summary>Request content that an encoding without streaming holds for one exchange, in bytes. Default 4 MiB.</summary>
    public int MaxBufferedRequest { get; init; } = 4 * 1024 * 1024;

    /// <summary>Response content held for slow visitors of one connection whose client has no flow control, in bytes. Default 64 MiB.</summary>
    public long MaxBufferedResponses { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes of response content that a client with flow control may send ahead, for each exchange. Default 256 KiB.</summary>
    public int Window { get; init; } = 256 * 1024;

    /// <summary>Bytes of field lines in each direction, of an encoding that counts them. Default 64 KiB, at most 96 KiB.</summary>
    public int MaxFields { get; init; } = 64 * 1024;

    /// <summary>Time from the end of the request to the response's head. Default 100 s.</summary>
    public TimeSpan HeadTimeout { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>Time without any content while the response isn't complete; null (the default): no limit.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>Memory for buffered content that all connections share; null: no common limit.</summary>
    public ByteBudget? Budget { get; init; }

    /// <summary>How long a link is kept when its connection is lost, for a client that can resume it. Default 60 s; zero: not at all.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>After how much time without a byte in one direction the other side is pinged. Default 10 s.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After how much time without a byte the WebSocket is given up. At least a second more than <see cref="PingInterval"/>; default 15 s.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Where the connection's writer runs, and who waited for room or for content goes on. What has to be sent by then goes out in one piece, so later is better than
    /// at once. It is called under locks, so it must never run anything at once, as <see cref="PipeScheduler.Inline"/> does. Default: the thread pool.
    /// </summary>
    public PipeScheduler Scheduler { get; init; } = PipeScheduler.ThreadPool;

    /// <summary>
    /// Called when a request has gone, or responses have come, on the thread where that was: what follows from it may come at once, and a thread that waits for it awake need not
    /// be woken. Must return at once and not throw. Default null.
    /// </summary>
    public Action? MoreExpected { get; init; }

    /// <summary>The clock of the time limits.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The optional messages that the client listed in its opening handshake.</summary>
    public OptionalMessages Accepted { get; init; }
}
