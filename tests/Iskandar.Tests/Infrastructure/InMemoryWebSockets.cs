using System.Net.WebSockets;
using Iskandar.Protocol.Transports;

namespace Iskandar.Tests.Infrastructure;

/// <summary>Two WebSockets that are connected to each other in memory, each over a stream that batches as the real ones do.</summary>
internal sealed class InMemoryWebSockets : IDisposable
{
    private const int ClientReadAhead = 32 * 1024;

    /// <param name="capacity">How many bytes lie between the two in each direction before a writer has to wait.</param>
    /// <param name="subprotocol">The subprotocol that was negotiated; null for none.</param>
    public InMemoryWebSockets(int capacity = 64 * 1024, string? subprotocol = null)
    {
        var (server, client) = DuplexStream.CreatePair(capacity);
        ServerStream = new BatchingStream(server, readAhead: 0);
        ClientStream = new BatchingStream(client, ClientReadAhead);
        Server = WebSocket.CreateFromStream(ServerStream, new WebSocketCreationOptions { IsServer = true, SubProtocol = subprotocol, KeepAliveInterval = TimeSpan.Zero });
        Client = WebSocket.CreateFromStream(ClientStream, new WebSocketCreationOptions { IsServer = false, SubProtocol = subprotocol, KeepAliveInterval = TimeSpan.Zero });
    }

    public WebSocket Server { get; }

    public WebSocket Client { get; }

    public BatchingStream ServerStream { get; }

    public BatchingStream ClientStream { get; }

    public void Dispose()
    {
        Server.Dispose();
        Client.Dispose();
    }
}
