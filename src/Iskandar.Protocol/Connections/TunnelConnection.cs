using System.Net.WebSockets;
using Iskandar.Protocol.Json;
using Iskandar.Protocol.Transports;

namespace Iskandar.Protocol.Connections;

/// <summary>Makes the two ends of a tunnel connection from a WebSocket. The one place that chooses the encoding, by the subprotocol negotiated.</summary>
public static class TunnelConnection
{
    /// <summary>The path of the opening handshake.</summary>
    public const string Path = "/tunnel/connect";

    /// <summary>The WebSocket subprotocol of the binary encoding.</summary>
    public const string BinarySubprotocol = "iskandar.v1";

    /// <summary>The WebSocket subprotocols that are spoken here, the best first. A connection on which none was negotiated speaks JSON.</summary>
    public static IReadOnlyList<string> SupportedSubprotocols { get; } = [];

    /// <summary>The server's end. It owns the WebSocket from here on.</summary>
    /// <param name="socket">An open WebSocket.</param>
    /// <param name="options">Limits.</param>
    /// <param name="stream">The stream under the WebSocket, so that several messages go out in one send; null: each by itself.</param>
    public static IGatewayConnection ForGateway(WebSocket socket, GatewayConnectionOptions options, BatchingStream? stream = null) =>
        new JsonGatewayConnection(socket, options, stream);

    /// <summary>The client's end, once the server's registration has come. It owns the WebSocket from then on.</summary>
    /// <param name="socket">An open WebSocket.</param>
    /// <param name="options">Limits.</param>
    /// <param name="stream">The stream under the WebSocket, so that several messages go out in one send; null: each by itself.</param>
    /// <param name="cancellationToken">Ends the wait for the registration.</param>
    /// <exception cref="WebSocketException">The connection broke, or the first message was no registration.</exception>
    /// <exception cref="TimeoutException">No registration came in time.</exception>
    public static async Task<IClientConnection> ForClientAsync(
        WebSocket socket, ClientConnectionOptions options, BatchingStream? stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentNullException.ThrowIfNull(options);
        using var limit = new CancellationTokenSource(options.RegistrationTimeout, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await JsonClientConnection.OpenAsync(socket, options, stream, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The server sent no registration within {options.RegistrationTimeout.TotalSeconds:0} s.");
        }
    }
}
