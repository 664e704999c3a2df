using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Iskandar.Tests.Infrastructure;

/// <summary>A peer that speaks the JSON encoding by hand: it knows docs/protocol.md and none of our code.</summary>
internal sealed class JsonPeer(WebSocket socket)
{
    public WebSocket Socket => socket;

    public Task SendAsync(string message) => SendAsync(Encoding.UTF8.GetBytes(message));

    public Task SendAsync(ReadOnlyMemory<byte> message, WebSocketMessageType type = WebSocketMessageType.Text) =>
        socket.SendAsync(message, type, endOfMessage: true, Bounded.Token).Within();

    /// <summary>Sends a response, or a piece of one.</summary>
    public Task RespondAsync(string id, int? status = null, string? body = null, bool done = false, string? error = null)
    {
        var message = new JsonObject { ["type"] = "response", ["id"] = id };
        if (status is not null)
        {
            message["status"] = status;
        }

        if (body is not null)
        {
            message["body"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(body));
        }

        if (done)
        {
            message["done"] = true;
        }

        if (error is not null)
        {
            message["error"] = error;
        }

        return SendAsync(message.ToJsonString());
    }

    /// <summary>The next message as it came; null for a close frame.</summary>
    public async Task<string?> TextAsync()
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer.AsMemory(), Bounded.Token).Within();
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            bytes.Write(buffer, 0, result.Count);
            if (result.EndOfMessage)
            {
                return Encoding.UTF8.GetString(bytes.ToArray());
            }
        }
    }

    /// <summary>The next message, which must be one.</summary>
    public async Task<JsonObject> MessageAsync()
    {
        var text = await TextAsync();
        Assert.NotNull(text);
        return JsonNode.Parse(text)!.AsObject();
    }

    /// <summary>The next message, which must be of this type.</summary>
    public async Task<JsonObject> MessageAsync(string type)
    {
        var message = await MessageAsync();
        Assert.Equal(type, (string?)message["type"]);
        return message;
    }

    /// <summary>The id of the next message, which must be a request.</summary>
    public async Task<string> RequestAsync() => (string)(await MessageAsync("request"))["id"]!;

    /// <summary>The next message must be a close frame.</summary>
    public async Task<WebSocketCloseStatus?> CloseFrameAsync()
    {
        var text = await TextAsync();
        Assert.Null(text);
        return socket.CloseStatus;
    }

    public Task CloseAsync(WebSocketCloseStatus status = WebSocketCloseStatus.NormalClosure) =>
        socket.CloseOutputAsync(status, "", Bounded.Token).Within();

    /// <summary>The content that a message carries, as text.</summary>
    public static string Body(JsonObject message) => Encoding.UTF8.GetString(BodyBytes(message));

    public static byte[] BodyBytes(JsonObject message) => Convert.FromBase64String((string?)message["body"] ?? "");
}
