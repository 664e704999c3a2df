using System.IO.Pipelines;

namespace Iskandar.Protocol.Connections;

/// <summary>Limits of the client's end of a tunnel connection.</summary>
public sealed class ClientConnectionOptions
{
    /// <summary>The longest message taken from a server, in bytes. Default 64 MiB.</summary>
    public int MaxMessage { get; init; } = 64 * 1024 * 1024;

    /// <summary>Exchanges in flight at once; more are refused with <c>tunnel_busy</c>'s status. A second belt: the server has its own limit. Default 4,096.</summary>
    public int MaxExchanges { get; init; } = 4096;

    /// <summary>Memory for request content that waits for the app, beyond what each exchange begins with, in bytes. Default 256 MiB.</summary>
    public long MaxBuffered { get; init; } = 256 * 1024 * 1024;

    /// <summary>The time allowed for the server's first message. Default 15 s.</summary>
    public TimeSpan RegistrationTimeout { get; init; } = TimeSpan.FromSeconds(15);

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
    /// Called when requests have come, on the thread where that was: what follows from it may come at once, and a thread that waits for it awake need not
    /// be woken. Must return at once and not throw. Default null.
    /// </summary>
    public Action? MoreExpected { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
