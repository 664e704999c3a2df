using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Connections;

/// <summary>The client's end of a tunnel connection, whatever its encoding.</summary>
public interface IClientConnection : IAsyncDisposable
{
    /// <summary>What the server said first.</summary>
    Registration Registration { get; }

    /// <summary>Reads until the connection ends. Never throws for what a peer or a network does.</summary>
    /// <param name="handler">Takes each exchange as it comes; called on the read loop, so it must return at once.</param>
    /// <param name="cancellationToken">Ends the connection at once.</param>
    /// <returns>Why the connection ended, for a person.</returns>
    Task<string> RunAsync(IExchangeHandler handler, CancellationToken cancellationToken);

    /// <summary>From now on answers every new request with <see cref="ExchangeError.TunnelClosing"/>.</summary>
    void StopAccepting();

    /// <summary>Closes with 1000, after everything that was sent before.</summary>
    /// <param name="cancellationToken">Ends the wait for the server's answer.</param>
    Task CloseAsync(CancellationToken cancellationToken);
}
