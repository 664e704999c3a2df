using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using Iskandar.Protocol.Transports;
using Iskandar.Tests.Infrastructure;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Protocol.Transports;

public sealed class MessageSenderTests : IDisposable
{
    private const int FilledMessages = 12;
    private static readonly string Large = new('x', 200_000);

    private readonly InMemoryWebSockets _sockets = new();
    private readonly FakeTimeProvider _time = new();
    private readonly MessageSender _sender;
    private readonly JsonPeer _peer;

    public MessageSenderTests()
    {
        _sender = new MessageSender(_sockets.Client, _time, _sockets.ClientStream);
        _peer = new JsonPeer(_sockets.Server);
    }

    [Fact]
    public async Task Send_EightProducersAtOnce_MessagesWholeAndEachProducersInOrder()
    {
        const int Producers = 8;
        const int Messages = 300;
        var producing = Task.WhenAll(Enumerable.Range(0, Producers).Select(producer => Task.Run(
            async () =>
            {
                for (var number = 0; number < Messages; number++)
                {
                    // Of very different lengths, some longer than what lies between the two ends.
                    await _sender.WaitForRoomAsync(Bounded.Token);
                    Send($"{producer} {number} {new string((char)('a' + producer), number % 50 == 0 ? 100_000 : number)}");
                }
            },
            Bounded.Token)));

        var next = new int[Producers];
        for (var received = 0; received < Producers * Messages; received++)
        {
            var parts = (await _peer.TextAsync())!.Split(' ');
            var (producer, number) = (int.Parse(parts[0], null), int.Parse(parts[1], null));
            Assert.Equal(next[producer]++, number);
            Assert.Equal(number % 50 == 0 ? 100_000 : number, parts[2].Length);
            Assert.Equal(-1, parts[2].AsSpan().IndexOfAnyExcept((char)('a' + producer)));
        }

        await producing.Within();
    }

    [Fact]
    public async Task Send_NothingToWaitFor_SentAtOnceAsText()
    {
        Assert.True(Send("hello"));

        var buffer = new byte[100];
        var result = await _sockets.Server.ReceiveAsync(buffer.AsMemory(), Bounded.Token).Within();

        Assert.Equal((WebSocketMessageType.Text, true, 5), (result.MessageType, result.EndOfMessage, result.Count));
    }

    [Fact]
    public async Task Send_EncoderThrows_NothingOfTheMessageGoesOut()
    {
        Assert.Throws<InvalidDataException>(() => _sender.Send("half", static (text, output) =>
        {
            output.Write(Encoding.UTF8.GetBytes(text));
            throw new InvalidDataException();
        }));

        Send("whole");

        Assert.Equal("whole", await _peer.TextAsync());
    }

    [Fact]
    public async Task WaitForRoom_PeerDoesNotRead_WaitsAndCompletesWhenItDoes()
    {
        await FillAsync();
        var room = WaitForRoomAsync();
        Assert.False(room.IsCompleted);

        // Heads and control messages never wait.
        Assert.True(Send("small"));
        await ReadFilledAsync();

        await room.Within();
        Assert.Equal("small", await _peer.TextAsync());
        Assert.True(WaitForRoomAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task WaitForRoom_TokenFires_WaitEndsAndTheConnectionGoesOn()
    {
        await FillAsync();
        using var impatient = new CancellationTokenSource();
        var room = _sender.WaitForRoomAsync(impatient.Token).AsTask();

        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => room.Within());
        Assert.True(Send("small"));
    }

    [Fact]
    public async Task Abort_SomebodyWaits_ReleasedAndNoMoreMessagesTaken()
    {
        await FillAsync();
        var waiting = Enumerable.Range(0, 5).Select(_ => WaitForRoomAsync()).ToArray();

        _sender.Abort();

        await Task.WhenAll(waiting).Within();
        await _sender.Ended.Within();
        Assert.False(Send("late"));
        Assert.True(WaitForRoomAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Send_PeerGone_WaitersReleasedAndTheFaultKept()
    {
        await FillAsync();
        var room = WaitForRoomAsync();

        _sockets.Server.Dispose();

        await room.Within();
        await _sender.Ended.Within();
        Assert.NotNull(_sender.Fault);
        Assert.False(Send("late"));
        Assert.NotEqual(WebSocketState.Open, _sockets.Client.State);
    }

    [Fact]
    public async Task SendContent_PeerDoesNotRead_GoOnOnlyAsRoomComes()
    {
        const int Waiting = 40;
        await FillAsync();
        var sending = Enumerable.Range(0, Waiting).Select(_ => SendContentAsync(Large)).ToArray();
        Assert.DoesNotContain(sending, static each => each.IsCompleted);
        Assert.False(_sender.HasRoom);

        await ReadFilledAsync();
        for (var i = 0; i < Waiting; i++)
        {
            Assert.Equal(Large.Length, (await _peer.TextAsync())!.Length);
        }

        Assert.All(await Task.WhenAll(sending).Within(), Assert.True);
        Assert.True(_sender.HasRoom);
    }

    [Fact]
    public async Task SendContent_Aborted_SaysSo()
    {
        await FillAsync();
        var sending = SendContentAsync("late");

        _sender.Abort();

        Assert.False(await sending.Within());
        Assert.False(await SendContentAsync("later").Within());
    }

    [Fact]
    public async Task Send_PeerTakesNothingAndFarTooMuchIsPending_GivenUp()
    {
        await FillAsync();
        var most = new string('x', 8 * 1024 * 1024);
        var taken = 0;
        while (Send(most))
        {
            Assert.True(++taken < 20, "What is pending is bounded.");
        }

        await _sender.Ended.Within();
        Assert.IsType<IOException>(_sender.Fault);
    }

    [Fact]
    public async Task Progress_PeerTakesNothingForTooLong_GivenUp()
    {
        await FillAsync();
        _time.Advance(TimeSpan.FromSeconds(29));
        _sender.EnforceProgress();
        Assert.False(_sender.Ended.IsCompleted);

        // At the limit, but that may be a machine that has slept.
        _time.Advance(TimeSpan.FromSeconds(1));
        _sender.EnforceProgress();
        Assert.False(_sender.Ended.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(1));
        _sender.EnforceProgress();

        await _sender.Ended.Within();
        Assert.IsType<TimeoutException>(_sender.Fault);
    }

    [Fact]
    public async Task Close_AfterManyMessages_SentAfterAllOfThem()
    {
        await FillAsync();
        Send("last");

        _sender.Close(WebSocketCloseStatus.EndpointUnavailable, "bye");
        Assert.False(Send("after the close"));
        await ReadFilledAsync();

        Assert.Equal("last", await _peer.TextAsync());
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, await _peer.CloseFrameAsync());
        Assert.Equal("bye", _sockets.Server.CloseStatusDescription);
        await _sender.Ended.Within();
        Assert.Null(_sender.Fault);
    }

    [Fact]
    public async Task Close_Idle_SentOnce()
    {
        _sender.Close(WebSocketCloseStatus.NormalClosure, "first");
        _sender.Close(WebSocketCloseStatus.EndpointUnavailable, "second");

        Assert.Equal(WebSocketCloseStatus.NormalClosure, await _peer.CloseFrameAsync());
        await _sender.Ended.Within();
        Assert.Null(_sender.Fault);
    }

    public void Dispose()
    {
        _sender.Dispose();
        _sockets.Dispose();
    }

    private Task<bool> SendContentAsync(string text) => _sender.SendContentAsync(
        text, static (text, output) => output.Write(Encoding.UTF8.GetBytes(text)), Bounded.Token).AsTask();

    private Task WaitForRoomAsync() => _sender.WaitForRoomAsync(Bounded.Token).AsTask();

    private bool Send(string text) => _sender.Send(text, static (text, output) => output.Write(Encoding.UTF8.GetBytes(text)));

    // The writer is stuck in the first message, of which the peer has read a single byte; behind it waits more than may be pending.
    private async Task FillAsync()
    {
        Send(Large);
        var result = await _sockets.Server.ReceiveAsync(new byte[1].AsMemory(), Bounded.Token).Within();
        Assert.Equal((1, false), (result.Count, result.EndOfMessage));
        for (var i = 1; i < FilledMessages; i++)
        {
            Send(Large);
        }
    }

    private async Task ReadFilledAsync()
    {
        Assert.Equal(Large.Length - 1, (await _peer.TextAsync())!.Length);
        for (var i = 1; i < FilledMessages; i++)
        {
            Assert.Equal(Large.Length, (await _peer.TextAsync())!.Length);
        }
    }
}
