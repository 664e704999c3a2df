using System.Buffers;
using Iskandar.Protocol.Link;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Link;

/// <summary>When and where the writer runs.</summary>
public sealed class LinkSenderSchedulingTests : IDisposable
{
    private readonly ManualScheduler _scheduler = new();
    private readonly LinkSocket _socket = new() { IsPrompt = true };
    private readonly LinkSender _sender;
    private readonly LinkAttachment _attachment;

    public LinkSenderSchedulingTests()
    {
        _sender = new LinkSender(TimeProvider.System, budget: null, _scheduler);
        _attachment = new LinkAttachment(_socket, greeting: null);
        Assert.True(_sender.TryAttach(_attachment, 0));
    }

    [Fact]
    public void Send_SeveralBeforeTheSchedulerRuns_OneTurnSendsAll()
    {
        Assert.True(Send(1));
        Assert.True(Send(2));
        Assert.True(_sender.TrySendContent((byte)3, Write, out _));
        Assert.Equal(0, _socket.Count);
        Assert.Equal(1, _scheduler.Count);

        _scheduler.Run();

        Assert.Equal([1, 2, 3], _socket.Taken);
        Assert.Equal(0, _scheduler.Count);
    }

    [Fact]
    public void SendHere_Alone_SentAtOnceWithWhatWaited()
    {
        Send(1);

        Assert.True(_sender.SendHere((byte)2, Write, isAlone: true));

        Assert.Equal([1, 2], _socket.Taken);
        _scheduler.Run();
        Assert.Equal([1, 2], _socket.Taken);
    }

    [Fact]
    public void SendHere_NotAlone_WaitsUntilPlentyIsThere()
    {
        for (var i = 0; i < 4 && _socket.Count == 0; i++)
        {
            Assert.Equal(0, _socket.Count);
            Assert.True(_sender.SendHere(1000, static (length, output) => output.Write(new byte[length]), isAlone: false));
        }

        Assert.Equal(3000, _socket.Count);
    }

    [Fact]
    public void Content_Plenty_SentAtOnce()
    {
        Assert.True(_sender.TrySendContent(16 * 1024, static (length, output) => output.Write(new byte[length]), out _));

        Assert.Equal(16 * 1024, _socket.Count);
    }

    [Fact]
    public async Task Scheduled_DetachedMeanwhile_NothingIsSentUntilTheNextConnection()
    {
        Send(1);
        await _sender.DetachAsync(_attachment).Within();
        _scheduler.Run();
        Assert.Equal(0, _socket.Count);

        using var next = new LinkSocket { IsPrompt = true };
        using var attachment = new LinkAttachment(next, greeting: null);
        Assert.True(_sender.TryAttach(attachment, 0));
        _scheduler.Run();

        Assert.Equal([1], next.Taken);
    }

    [Fact]
    public async Task Scheduled_AnotherConnectionMeanwhile_SentOverThat()
    {
        Send(1);
        await _sender.DetachAsync(_attachment).Within();
        using var next = new LinkSocket { IsPrompt = true };
        using var attachment = new LinkAttachment(next, greeting: null);
        Assert.True(_sender.TryAttach(attachment, 0));

        _scheduler.Run();

        Assert.Equal(0, _socket.Count);
        Assert.Equal([1], next.Taken);
    }

    [Fact]
    public void Scheduled_AbortedMeanwhile_NothingIsSentOrHeld()
    {
        Send(1);
        _sender.Abort();

        _scheduler.Run();

        Assert.Equal(0, _socket.Count);
        Assert.Equal(0, _sender.Held);
        Assert.False(Send(2));
    }

    [Fact]
    public async Task Room_ComesBack_WhoWaitedGoesOnByTheScheduler()
    {
        _socket.Hold();
        Task? room;
        while (_sender.TrySendContent(64 * 1024, static (length, output) => output.Write(new byte[length]), out room))
        {
        }

        await _sender.DetachAsync(_attachment).Within();
        using var next = new LinkSocket { IsPrompt = true };
        using var attachment = new LinkAttachment(next, greeting: null);
        _scheduler.Run();
        Assert.True(_sender.TryAttach(attachment, 0));
        Assert.False(room!.IsCompleted);

        _scheduler.Run();

        Assert.True(room.IsCompleted);
    }

    public void Dispose()
    {
        _sender.Abort();
        _attachment.Dispose();
        _socket.Dispose();
    }

    private static void Write(byte value, IBufferWriter<byte> output) => output.Write([value]);

    private bool Send(byte value) => _sender.Send(value, Write);
}
