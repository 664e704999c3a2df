using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Connections;

/// <summary>The server's end of a tunnel connection, whatever its encoding.</summary>
public interface IGatewayConnection : IAsyncDisposable
{
    /// <summary>How many exchanges are open.</summary>
    int ActiveExchanges { get; }

    /// <summary>The longest request content, in bytes, that the encoding can carry; <see cref="long.MaxValue"/> when it streams.</summary>
    long MaxRequestContent { get; }

    /// <summary>Whether an exchange can become a two-way byte stream after a 101 (RFC 9110 section 7.8).</summary>
    bool CanUpgrade { get; }

    /// <summary>Whether a client can ask for a request's content before it is sent: see <see cref="IGatewayExchange.WaitForContinueAsync"/>.</summary>
    bool CanExpect { get; }

    /// <summary>Whether the connection is at its end. When <see cref="RunAsync"/> has returned and it isn't, its link is kept for another WebSocket.</summary>
    bool IsOver { get; }

    /// <summary>Sends the registration, then reads until the WebSocket ends. Never throws for what a peer or a network does.</summary>
    /// <param name="registration">What the client is told.</param>
    /// <param name="cancellationToken">Ends the connection at once.</param>
    /// <returns>Why the connection ended, for the log.</returns>
    Task<string> RunAsync(Registration registration, CancellationToken cancellationToken);

    /// <summary>Registers a new exchange. Its owner must dispose it.</summary>
    /// <param name="exchange">The exchange, when the result is <see cref="ExchangeError.None"/>.</param>
    /// <returns><see cref="ExchangeError.None"/>, or why there can't be one: <c>TunnelBusy</c>, <c>TunnelLost</c>, <c>ServerStopping</c>.</returns>
    ExchangeError TryOpen(out IGatewayExchange? exchange);

    /// <summary>Fails the exchanges whose time is up, looks for signs of life, and ends a link that nobody has resumed. To be called once a second.</summary>
    void EnforceDeadlines();

    /// <summary>Takes no new exchange, waits for those in flight, then closes with 1001.</summary>
    /// <param name="deadline">When it fires, those still in flight are given up.</param>
    Task DrainAsync(CancellationToken deadline);

    /// <summary>Ends the connection for one that is newer: it takes no new exchange, tells the client to go for good, and waits for those in flight if it can still be reached.</summary>
    /// <param name="deadline">When it fires, those still in flight are given up.</param>
    Task DisplaceAsync(CancellationToken deadline);
}
