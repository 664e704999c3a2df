using System.Net.WebSockets;
using Iskandar.Protocol.Json;
using Iskandar.Protocol.Messages;
using Iskandar.Protocol.Multiplexing;
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
    public static IReadOnlyList<string> SupportedSubprotocols { get; } = [BinarySubprotocol];

    /// <summary>The server's end. It owns the WebSocket from here on.</summary>
    /// <param name="socket">An open WebSocket.</param>
    /// <param name="options">Limits.</param>
    /// <param name="stream">The stream under the WebSocket, so that several JSON messages go out in one send; null: each by itself.</param>
    public static IGatewayConnection ForGateway(WebSocket socket, GatewayConnectionOptions options, BatchingStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentNullException.ThrowIfNull(options);
        return IsBinary(socket) ? new FrameGatewayConnection(socket, options) : new JsonGatewayConnection(socket, options, stream);
    }

    /// <summary>The client's end, once the server's registration has come. It owns the WebSocket from then on.</summary>
    /// <param name="socket">An open WebSocket.</param>
    /// <param name="options">Limits.</param>
    /// <param name="stream">The stream under the WebSocket, so that several JSON messages go out in one send; null: each by itself.</param>
    /// <param name="lost">A connection whose link the opening handshake asked to resume; null for none.</param>
    /// <param name="cancellationToken">Ends the wait for the registration.</param>
    /// <returns>A new connection; or <paramref name="lost"/>, when the server has resumed its link.</returns>
    /// <exception cref="WebSocketException">The connection broke, or the first message was no registration.</exception>
    /// <exception cref="TimeoutException">No registration came in time.</exception>
    public static async Task<IClientConnection> ForClientAsync(
        WebSocket socket, ClientConnectionOptions options, BatchingStream? stream, IClientConnection? lost, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentNullException.ThrowIfNull(options);
        using var limit = new CancellationTokenSource(options.RegistrationTimeout, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var receiver = new MessageReceiver(socket, options.MaxMessage);
        try
        {
            var registration = await ReadRegistrationAsync(receiver, either.Token).ConfigureAwait(false);
            if (!IsBinary(socket))
            {
                return new JsonClientConnection(socket, options, stream, receiver, registration);
            }

            receiver.Dispose();
            if (registration.Received is not null && lost is FrameClientConnection link)
            {
                if (link.TryResume(socket, stream, registration))
                {
                    return link;
                }

                // No other attempt would go better.
                link.GiveUp();
                throw new WebSocketException(WebSocketError.Faulted, "The server resumed the link with an offset that can't be.");
            }

            return new FrameClientConnection(socket, stream, options, registration);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            receiver.Dispose();
            throw new TimeoutException($"The server sent no registration within {options.RegistrationTimeout.TotalSeconds:0} s.");
        }
        catch
        {
            receiver.Dispose();
            throw;
        }
    }

    private static bool IsBinary(WebSocket socket) => socket.SubProtocol == BinarySubprotocol;

    private static async ValueTask<Registration> ReadRegistrationAsync(MessageReceiver receiver, CancellationToken cancellationToken)
    {
        var first = await receiver.ReceiveAsync(cancellationToken).ConfigureAwait(false);
        return first.Kind == ReceivedKind.Message && JsonRegistration.Read(first.Data.Span) is { } registration
            ? registration
            : throw new WebSocketException(WebSocketError.Faulted, "The server's first message was no registration such as {\"subdomain\":\"abc123\"}.");
    }
}
