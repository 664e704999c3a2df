namespace Iskandar.Protocol.Connections;

/// <summary>Takes the exchanges that arrive on a client's connection.</summary>
public interface IExchangeHandler
{
    /// <summary>Takes over an exchange. Called on the read loop: starts the work and returns at once.</summary>
    /// <param name="exchange">The exchange; the handler must dispose it.</param>
    void OnExchange(IClientExchange exchange);
}
