using System.Net.WebSockets;
using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Transports;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Transports;

public sealed class MessageReceiverTests : IDisposable
{
    private const int Limit = 10_000;

    private readonly InMemoryWebSockets _sockets = new(capacity: 1024 * 1024);
    private readonly MessageReceiver _receiver;

    public MessageReceiverTests() => _receiver = new MessageReceiver(_sockets.Server, Limit, budget: null);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(Limit - 1)]
    [InlineData(Limit)]
    public async Task Receive_UpToTheLimit_Whole(int length)
    {
        var text = Text(length);
        await SendAsync(text);

        Assert.Equal((ReceivedKind.Message, text), await ReceiveAsync());
    }

    [Fact]
    public async Task Receive_NothingThereYet_WaitsWithoutABuffer()
    {
        using var socket = new IdleWebSocket();
        using var receiver = new MessageReceiver(socket, Limit, budget: null);

        var receiving = receiver.ReceiveAsync(Bounded.Token);
        Assert.Equal([0], socket.Buffers);
        socket.Arrive();

        Assert.Equal("x", Encoding.UTF8.GetString((await receiving.Within()).Data.Span));
        Assert.Equal(2, socket.Buffers.Count);
        Assert.True(socket.Buffers[1] >= 4096);
    }

    [Theory]
    [InlineData(Limit + 1)]
    [InlineData(Limit * 30)]
    public async Task Receive_OverTheLimit_BeginningOnlyAndTheNextIsWhole(int length)
    {
        var text = Text(length);
        await SendAsync(text);
        await SendAsync("next");

        var (kind, kept) = await ReceiveAsync();

        Assert.Equal(ReceivedKind.TooLong, kind);
        Assert.Equal(text[..4096], kept);
        Assert.Equal((ReceivedKind.Message, "next"), await ReceiveAsync());
    }

    [Fact]
    public async Task Receive_LimitBelowWhatIsKept_NoMoreThanCameIsKept()
    {
        using var receiver = new MessageReceiver(_sockets.Server, maxMessage: 10, budget: null);
        await SendAsync("twelve bytes");

        var received = await receiver.ReceiveAsync(Bounded.Token).Within();

        Assert.Equal((ReceivedKind.TooLong, "twelve bytes"), (received.Kind, Encoding.UTF8.GetString(received.Data.Span)));
    }

    [Fact]
    public async Task Receive_NoRoomInTheBudget_BeginningOnlyAndTheNextIsWhole()
    {
        var budget = new ByteBudget(1_000_000);
        using var receiver = new MessageReceiver(_sockets.Server, maxMessage: 100_000_000, budget);
        var sending = Task.Run(
            async () =>
            {
                await SendAsync(Text(500_000));
                await SendAsync(Text(5_000_000));
                await SendAsync("next");
            },
            Bounded.Token);

        foreach (var (kind, length) in ((ReceivedKind, int)[])[(ReceivedKind.Message, 500_000), (ReceivedKind.TooLong, 4096), (ReceivedKind.Message, 4)])
        {
            var received = await receiver.ReceiveAsync(Bounded.Token).Within();
            Assert.Equal((kind, length), (received.Kind, received.Data.Length));
            Assert.InRange(budget.Taken, 0, 1_000_000);
        }

        await sending.Within();
        receiver.Dispose();
        Assert.Equal(0, budget.Taken);
    }

    [Fact]
    public async Task Receive_Fragments_Assembled()
    {
        await SendAsync("one ", endOfMessage: false);
        await SendAsync("", endOfMessage: false);
        await SendAsync("mess", endOfMessage: false);
        await SendAsync("age", endOfMessage: true);
        await SendAsync("another");

        Assert.Equal((ReceivedKind.Message, "one message"), await ReceiveAsync());
        Assert.Equal((ReceivedKind.Message, "another"), await ReceiveAsync());
    }

    [Fact]
    public async Task Receive_FragmentsOverTheLimit_TooLongAndTheNextIsWhole()
    {
        for (var i = 0; i < 20; i++)
        {
            await SendAsync(Text(1_000), endOfMessage: false);
        }

        await SendAsync("", endOfMessage: true);
        await SendAsync("next");

        Assert.Equal(ReceivedKind.TooLong, (await ReceiveAsync()).Kind);
        Assert.Equal((ReceivedKind.Message, "next"), await ReceiveAsync());
    }

    [Fact]
    public async Task Receive_Binary_TakenAsText()
    {
        await _sockets.Client.SendAsync("binary"u8.ToArray().AsMemory(), WebSocketMessageType.Binary, endOfMessage: true, Bounded.Token).Within();

        Assert.Equal((ReceivedKind.Message, "binary"), await ReceiveAsync());
    }

    [Fact]
    public async Task Receive_Close_IsTheEnd()
    {
        await SendAsync("last");
        await _sockets.Client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", Bounded.Token).Within();

        Assert.Equal((ReceivedKind.Message, "last"), await ReceiveAsync());
        Assert.Equal(ReceivedKind.Closed, (await ReceiveAsync()).Kind);
    }

    [Fact]
    public async Task Receive_CloseInTheMiddleOfAMessage_IsTheEnd()
    {
        await SendAsync("half", endOfMessage: false);
        await _sockets.Client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", Bounded.Token).Within();

        Assert.Equal(ReceivedKind.Closed, (await ReceiveAsync()).Kind);
    }

    [Fact]
    public async Task Receive_PeerGone_Throws()
    {
        await SendAsync("half", endOfMessage: false);
        _sockets.Client.Dispose();

        await Assert.ThrowsAsync<WebSocketException>(ReceiveAsync);
    }

    public void Dispose()
    {
        _receiver.Dispose();
        _sockets.Dispose();
    }

    private static string Text(int length) => string.Create(length, 0, static (text, _) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = (char)('a' + (i % 26));
        }
    });

    private Task SendAsync(string text, bool endOfMessage = true) =>
        _sockets.Client.SendAsync(Encoding.UTF8.GetBytes(text).AsMemory(), WebSocketMessageType.Text, endOfMessage, Bounded.Token).Within();

    private async Task<(ReceivedKind Kind, string Text)> ReceiveAsync()
    {
        var received = await _receiver.ReceiveAsync(Bounded.Token).Within();
        return (received.Kind, Encoding.UTF8.GetString(received.Data.Span));
    }
}
