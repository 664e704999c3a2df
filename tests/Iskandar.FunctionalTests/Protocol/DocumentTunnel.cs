using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>The server's side of one tunnel connection. It takes nothing from the client that the document doesn't allow.</summary>
public sealed class DocumentTunnel(JsonSocket socket, OriginRequest handshake)
{
    private readonly ConcurrentDictionary<string, Channel<JsonObject>> _exchanges = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The opening handshake's request.</summary>
    public OriginRequest Handshake { get; } = handshake;

    /// <summary>Completes when the client has ended the connection.</summary>
    public Task Ended => _ended.Task;

    public WebSocketCloseStatus? CloseStatus => socket.WebSocket.CloseStatus;

    public Task SendAsync(JsonObject message) => socket.SendAsync(message);

    public Task SendTextAsync(string text) => socket.SendTextAsync(text);

    public Task SendAsync(byte[] message, WebSocketMessageType type) => socket.SendAsync(message, type);

    public Task CloseAsync(WebSocketCloseStatus status) => socket.WebSocket.CloseOutputAsync(status, null, Bounded.Token());

    /// <summary>Sends a request and waits for the whole response.</summary>
    public async Task<DocumentResponse> ExchangeAsync(JsonObject request)
    {
        await SendAsync(request);
        return await ReadResponseAsync((string)request["id"]!);
    }

    public Task<JsonObject> NextMessageAsync(string id) =>
        Of(id).Reader.ReadAsync(CancellationToken.None).AsTask().WithinAsync($"a response message for exchange {id}");

    /// <summary>What has arrived for an exchange and was not read yet.</summary>
    public IEnumerable<JsonObject> Arrived(string id)
    {
        while (Of(id).Reader.TryRead(out var message))
        {
            yield return message;
        }
    }

    /// <summary>Reads to the end of a response and checks the form of each of its messages.</summary>
    public async Task<DocumentResponse> ReadResponseAsync(string id)
    {
        var pieces = new List<JsonObject>();
        do
        {
            var piece = await NextMessageAsync(id);
            pieces.Add(piece);
            Assert.Equal("response", (string?)piece["type"]);
            Assert.True(DocumentResponse.BodyOf(piece).Length <= 64 * 1024, "A piece is larger than 64 KiB.");
            Assert.True(piece["error"] is null || IsDone(piece), "An error without done.");
            if (pieces.Count == 1)
            {
                Assert.InRange((int?)piece["status"] ?? 0, 200, 599);
            }
            else
            {
                Assert.Null(piece["status"]);
                Assert.Null(piece["headers"]);
            }
        }
        while (!IsDone(pieces[^1]));

        return new DocumentResponse(pieces);
    }

    public static bool IsDone(JsonObject message) => (bool?)message["done"] ?? false;

    internal async Task ReadAsync(CancellationToken token)
    {
        while (await socket.ReceiveAsync(token) is { } message)
        {
            Of((string)message["id"]!).Writer.TryWrite(message);
        }

        foreach (var exchange in _exchanges.Values)
        {
            exchange.Writer.TryComplete(new InvalidOperationException("The client ended the tunnel connection."));
        }

        await socket.AnswerCloseAsync(token);
        _ended.TrySetResult();
    }

    private Channel<JsonObject> Of(string id) => _exchanges.GetOrAdd(id, static _ => Channel.CreateUnbounded<JsonObject>());
}
