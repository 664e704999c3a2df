using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary;

/// <summary>An app that sends every WebSocket message back, and ends when its visitor does.</summary>
public static class WebSocketEcho
{
    /// <summary>The answer to a <c>Sec-WebSocket-Key</c> (RFC 6455 section 4.2.2).</summary>
    public static string Accept(string key)
    {
#pragma warning disable CA5350 // The RFC says which hash.
        return Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
    }

    public static WebSocket Over(Stream stream, bool isServer) =>
        WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = isServer, KeepAliveInterval = TimeSpan.Zero });

    /// <summary>Echoes until the close frame, which is echoed as well.</summary>
    public static async Task RunAsync(WebSocket socket)
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer.AsMemory(), Bounded.Token());
            if (result.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, socket.CloseStatusDescription, Bounded.Token());
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, result.Count), result.MessageType, result.EndOfMessage, Bounded.Token());
        }
    }

    /// <summary>Sends messages of all kinds, and checks that they come back; then closes.</summary>
    public static async Task VisitAsync(WebSocket socket)
    {
        foreach (var size in (int[])[0, 1, 125, 126, 65_535, 65_536, 1_000_000])
        {
            var message = RandomNumberGenerator.GetBytes(size);
            var sending = socket.SendAsync(message.AsMemory(), WebSocketMessageType.Binary, endOfMessage: true, Bounded.Token()).AsTask();
            var (type, echo) = await ReceiveAsync(socket);
            await sending;
            Assert.Equal(WebSocketMessageType.Binary, type);
            Assert.True(message.AsSpan().SequenceEqual(echo), $"A message of {size} bytes came back as another.");
        }

        await socket.SendAsync(Encoding.UTF8.GetBytes("caf\u00e9").AsMemory(), WebSocketMessageType.Text, endOfMessage: true, Bounded.Token());
        var (textType, text) = await ReceiveAsync(socket);
        Assert.Equal((WebSocketMessageType.Text, "caf\u00e9"), (textType, Encoding.UTF8.GetString(text)));

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "goodbye", Bounded.Token());
        Assert.Equal((WebSocketCloseStatus.NormalClosure, "goodbye"), (socket.CloseStatus, socket.CloseStatusDescription));
    }

    private static async Task<(WebSocketMessageType Type, byte[] Message)> ReceiveAsync(WebSocket socket)
    {
        var message = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer.AsMemory(), Bounded.Token());
            message.Write(buffer, 0, result.Count);
            if (result.EndOfMessage)
            {
                return (result.MessageType, message.ToArray());
            }
        }
    }
}
