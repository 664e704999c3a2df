using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Connections;

/// <summary>The client's end of a tunnel connection, whatever its encoding.</summary>
public interface IClientConnection : IAsyncDisposable
{
    /// <summary>What the server said first; when a link was resumed, what it said then.</summary>
    Registration Registration { get; }

    /// <summary>What it takes to resume the link over another WebSocket; null unless the WebSocket is lost and the link is kept.</summary>
    LinkResumption? Resumption { get; }

    /// <summary>
    /// Completes when it is time to open another connection. True: the server has said that it goes away; until then it serves this one. False: this one has ended.
    /// </summary>
    Task<bool> GoingAway { get; }

    /// <summary>Whether anything but the registration has come over the present WebSocket, or the one before when there is none.</summary>
    bool HasReceived { get; }

    /// <summary>Whether the server has given the name to a newer connection.</summary>
    bool IsDisplaced { get; }

    /// <summary>Reads until the WebSocket ends; again, when the link was resumed. Never throws for what a peer or a network does.</summary>
    /// <param name="handler">Takes each exchange as it comes; called on the read loop, so it must return at once.</param>
    /// <param name="cancellationToken">Ends the connection at once.</param>
    /// <returns>Why it ended, for a person.</returns>
    Task<string> RunAsync(IExchangeHandler handler, CancellationToken cancellationToken);

    /// <summary>Looks for signs of life, and ends a link that can't be resumed any more. To be called once a second.</summary>
    void Sweep();

    /// <summary>Asks for a sign of life now: something happened to the network or the machine.</summary>
    void Probe();

    /// <summary>Ends a link that won't be resumed: its exchanges are cancelled.</summary>
    void GiveUp();

    /// <summary>From now on answers every new request with <see cref="ExchangeError.TunnelClosing"/>.</summary>
    void StopAccepting();

    /// <summary>Closes with 1000, after everything that was sent before.</summary>
    /// <param name="cancellationToken">Ends the wait for the server's answer.</param>
    Task CloseAsync(CancellationToken cancellationToken);
}
