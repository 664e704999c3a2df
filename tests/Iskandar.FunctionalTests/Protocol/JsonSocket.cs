using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>JSON objects over a WebSocket, either side.</summary>
public sealed class JsonSocket(WebSocket socket) : IDisposable
{
    private readonly SemaphoreSlim _sending = new(1);

    public WebSocket WebSocket { get; } = socket;

    /// <summary>The next message, or null when the connection has ended, however it did.</summary>
    public async Task<JsonObject?> ReceiveAsync(CancellationToken token)
    {
        var message = new MemoryStream();
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var result = await WebSocket.ReceiveAsync(buffer.AsMemory(), token);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    return null;
                }

                Assert.Equal(WebSocketMessageType.Text, result.MessageType);
                message.Write(buffer, 0, result.Count);
                if (result.EndOfMessage)
                {
                    return JsonNode.Parse(message.ToArray())!.AsObject();
                }
            }
        }
        catch (Exception end) when (end is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The connection broke, or this side has aborted it.
            return null;
        }
    }

    /// <summary>Ends the closing handshake that the peer began, if it did.</summary>
    public async Task AnswerCloseAsync(CancellationToken token)
    {
        if (WebSocket.State != WebSocketState.CloseReceived)
        {
            return;
        }

        try
        {
            await WebSocket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, token);
        }
        catch (Exception end) when (end is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer didn't wait for the answer.
        }
    }

    public Task SendAsync(JsonNode message) => SendTextAsync(Messages.Text(message));

    public Task SendTextAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    public async Task SendAsync(byte[] message, WebSocketMessageType type)
    {
        await _sending.WaitAsync(Infrastructure.Bounded.Token());
        try
        {
            await WebSocket.SendAsync(message.AsMemory(), type, endOfMessage: true, Infrastructure.Bounded.Token());
        }
        finally
        {
            _sending.Release();
        }
    }

    public void Dispose()
    {
        WebSocket.Dispose();
        _sending.Dispose();
    }
}
