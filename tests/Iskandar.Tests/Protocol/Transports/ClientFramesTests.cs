using System.Net.WebSockets;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Transports;

/// <summary>A client's frames that go past its WebSocket, as .NET's own WebSocket at the other end takes them.</summary>
public sealed class ClientFramesTests : IDisposable
{
    private readonly InMemoryWebSockets _sockets = new(capacity: 1024 * 1024);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(300_000)]
    public async Task Message_AnyLength_ArrivesWhole(int length)
    {
        var payload = RandomBytes(length);

        await SendAsync(payload, endOfMessage: true);

        var (type, received) = await ReceiveAsync();
        Assert.Equal(WebSocketMessageType.Binary, type);
        Assert.Equal(payload, received);
    }

    [Fact]
    public async Task Message_InFrames_IsOneMessage()
    {
        await SendAsync([1, 2], endOfMessage: false);
        await SendAsync([3], endOfMessage: false);
        await SendAsync([4, 5, 6], endOfMessage: true);
        await SendAsync([7], endOfMessage: true);

        Assert.Equal([1, 2, 3, 4, 5, 6], (await ReceiveAsync()).Payload);
        Assert.Equal([7], (await ReceiveAsync()).Payload);
    }

    [Fact]
    public async Task CloseFrame_OfTheWebSocketBehindThem_ArrivesLast()
    {
        await _sockets.Client.SendAsync("first"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Bounded.Token);
        await SendAsync([1], endOfMessage: true);
        await _sockets.Client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "done", Bounded.Token);

        Assert.Equal(WebSocketMessageType.Text, (await ReceiveAsync()).Type);
        Assert.Equal([1], (await ReceiveAsync()).Payload);
        Assert.Equal(WebSocketMessageType.Close, (await ReceiveAsync()).Type);
        Assert.Equal("done", _sockets.Server.CloseStatusDescription);
    }

    [Fact]
    public async Task Messages_OfOtherWriterMeanwhile_NeitherBreaksTheOther()
    {
        const int Messages = 200;
        var payload = RandomBytes(5_000);
        var texts = Task.Run(
            async () =>
            {
                for (var i = 0; i < Messages; i++)
                {
                    await _sockets.Client.SendAsync("text"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Bounded.Token);
                }
            },
            Bounded.Token);
        var binaries = Task.Run(
            async () =>
            {
                for (var i = 0; i < Messages; i++)
                {
                    await SendAsync(payload, endOfMessage: true);
                }
            },
            Bounded.Token);

        for (var i = 0; i < 2 * Messages; i++)
        {
            var (type, received) = await ReceiveAsync();
            Assert.Equal(type == WebSocketMessageType.Text ? "text"u8.ToArray() : payload, received);
        }

        await Task.WhenAll(texts, binaries).Within();
    }

    public void Dispose() => _sockets.Dispose();

    private static byte[] RandomBytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private Task SendAsync(byte[] payload, bool endOfMessage) => _sockets.ClientStream.SendMaskedAsync(payload, endOfMessage, Bounded.Token).AsTask().Within();

    private async Task<(WebSocketMessageType Type, byte[] Payload)> ReceiveAsync()
    {
        var payload = new List<byte>();
        var buffer = new byte[70_000];
        while (true)
        {
            var received = await _sockets.Server.ReceiveAsync(buffer.AsMemory(), Bounded.Token);
            payload.AddRange(buffer.AsSpan(0, received.Count));
            if (received.EndOfMessage)
            {
                return (received.MessageType, [.. payload]);
            }
        }
    }
}
