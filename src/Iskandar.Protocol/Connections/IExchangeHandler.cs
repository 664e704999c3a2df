namespace Iskandar.Protocol.Connections;

/// <summary>Takes the exchanges that arrive on a client's connection.</summary>
public interface IExchangeHandler
{
    /// <summary>Takes over an exchange. Called on the read loop: starts the work and returns at once.</summary>
    /// <param name="exchange">The exchange; the handler must dispose it.</param>
    void OnExchange(IClientExchange exchange);

    /// <summary>A callback of the app's on <see cref="IClientExchange.Cancelled"/> threw. To be logged; the exchange goes on.</summary>
    /// <param name="exception">What it threw.</param>
    void OnCallbackFault(Exception exception);
}
