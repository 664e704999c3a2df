using System.Buffers;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Link;
using Iskandar.Tests.Infrastructure;
using Iskandar.Tests.Protocol.Multiplexing;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Protocol.Link;

/// <summary>The writer of a link: what waits and what doesn't, what is sent again, and what memory it costs.</summary>
public sealed class LinkSenderTests
{
    private const int Room = 256 * 1024;
    private const int Piece = 64 * 1024;
    private const int MiB = 1024 * 1024;

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Content_Detached_WaitsAndGoesOnWhenAttached()
    {
        var sender = NewSender();
        Assert.False(TrySendContent(sender, Piece, out var room));
        Assert.False(room!.IsCompleted);
        Assert.True(Send(sender, [1, 2, 3]));

        using var socket = new LinkSocket();
        using var attachment = Attach(sender, socket);

        await room.Within();
        Assert.True(TrySendContent(sender, Piece, out _));
        await UntilSentAsync(sender, socket);
        Assert.Equal([1, 2, 3], socket.Taken[..3]);
        Assert.Equal(3 + Piece, socket.Count);
    }

    [Fact]
    public async Task Content_TooMuchIsPending_WaitsAndHeadsDont()
    {
        var sender = NewSender();
        using var socket = new LinkSocket().Hold();
        using var attachment = Attach(sender, socket);
        Send(sender, [1]);
        await socket.Sending.Within();

        var sent = 0;
        Task? room;
        while (TrySendContent(sender, Piece, out room))
        {
            sent += Piece;
        }

        Assert.Equal(Room, sent);
        Assert.False(room!.IsCompleted);
        Assert.False(sender.HasRoom);
        Assert.True(Send(sender, [2]));
        socket.Release();
        await room.Within();
        Assert.True(TrySendContent(sender, Piece, out _));
        await UntilSentAsync(sender, socket);
    }

    [Fact]
    public async Task Content_TooMuchIsUnacknowledged_WaitsAndHeadsDont()
    {
        var sender = NewSender();
        using var socket = new LinkSocket();
        using var attachment = Attach(sender, socket);
        await FillAsync(sender, LinkSender.MostUnacknowledged);
        await UntilSentAsync(sender, socket);

        Assert.False(TrySendContent(sender, Piece, out var room));
        Assert.False(room!.IsCompleted);
        Assert.True(Send(sender, [1]));
        await UntilSentAsync(sender, socket);
        Assert.True(sender.TryAcknowledge(2 * Piece));

        await room.Within();
        Assert.True(TrySendContent(sender, Piece, out _));
    }

    [Fact]
    public async Task Content_TheCommonBudgetIsUsedUp_WaitsUntilSomethingIsAcknowledgedAndAllIsGivenBack()
    {
        var budget = new ByteBudget(2 * MiB);
        var sender = NewSender(budget);
        using var socket = new LinkSocket();
        using var attachment = Attach(sender, socket);
        await FillAsync(sender, 3 * MiB);
        await UntilSentAsync(sender, socket);
        Assert.Equal(2 * MiB, budget.Taken);

        Assert.False(TrySendContent(sender, Piece, out var room));
        Assert.True(Send(sender, [1]));
        Assert.True(sender.TryAcknowledge(2 * MiB));
        await room!.Within();
        Assert.True(TrySendContent(sender, Piece, out _));
        await UntilSentAsync(sender, socket);
        Assert.True(sender.TryAcknowledge(sender.Position));

        Assert.Equal((0, 0), (sender.Held, budget.Taken));
    }

    [Fact]
    public async Task Budget_OneLinkHoldsAll_AnotherStillSendsWhatEachBeginsWith()
    {
        var budget = new ByteBudget(MiB);
        var (greedy, other) = (NewSender(budget), NewSender(budget));
        using LinkSocket first = new(), second = new();
        using LinkAttachment one = Attach(greedy, first), two = Attach(other, second);
        await FillAsync(greedy, 2 * MiB);

        await FillAsync(other, MiB);

        await UntilSentAsync(other, second);
        Assert.False(TrySendContent(other, Piece, out var room));
        greedy.Abort();
        await greedy.DetachAsync(one).Within();
        Assert.Equal(0, budget.Taken);
        Assert.True(other.TryAcknowledge(Piece));
        await room!.Within();
        Assert.True(TrySendContent(other, Piece, out _));
    }

    [Fact]
    public async Task Abort_Detached_TheBudgetIsGivenBackAndWhoWaitsGoesOn()
    {
        var budget = new ByteBudget(8 * MiB);
        var sender = NewSender(budget);
        using var socket = new LinkSocket();
        using var attachment = Attach(sender, socket);
        await FillAsync(sender, 5 * MiB);
        await sender.DetachAsync(attachment).Within();
        Assert.False(TrySendContent(sender, Piece, out var room));
        Assert.InRange(budget.Taken, MiB, 8 * MiB);

        sender.Abort();

        Assert.Equal((0, 0), (sender.Held, budget.Taken));
        await room!.Within();
        Assert.False(TrySendContent(sender, Piece, out room));
        Assert.Null(room);
        Assert.False(Send(sender, [1]));
    }

    [Fact]
    public async Task Abort_AWriteIsStuck_TheBudgetIsGivenBackWhenItEnds()
    {
        var budget = new ByteBudget(8 * MiB);
        var sender = NewSender(budget);
        using var socket = new LinkSocket { IsStubborn = true };
        using var attachment = Attach(sender, socket);
        await FillAsync(sender, 3 * MiB);
        await UntilSentAsync(sender, socket);
        socket.Hold();
        Send(sender, [1]);
        await Bounded.UntilAsync(() => sender.HasLeft(sender.Position - 1), "the write has begun");

        sender.Abort();
        Assert.InRange(budget.Taken, MiB, 8 * MiB);
        var detached = sender.DetachAsync(attachment);
        Assert.False(detached.IsCompleted);
        socket.Release();
        await detached.Within();

        Assert.Equal((0, 0), (sender.Held, budget.Taken));
    }

    [Fact]
    public async Task Detach_TheWriterIsStuck_WaitsForIt()
    {
        var sender = NewSender();
        using var socket = new LinkSocket { IsStubborn = true }.Hold();
        using var attachment = Attach(sender, socket);
        Send(sender, [1, 2, 3]);
        await socket.Sending.Within();

        var detached = sender.DetachAsync(attachment);

        Assert.False(detached.IsCompleted);
        Assert.True(Send(sender, [4]));
        socket.Release();
        await detached.Within();
        Assert.True(sender.CanResume(0));
        Assert.True(sender.CanResume(3));
        Assert.False(sender.CanResume(4));
    }

    [Fact]
    public async Task Attach_AfterALoss_ExactlyWhatIsMissingIsSent()
    {
        var sender = NewSender();
        var all = Pattern.Bytes(300_000);
        using var first = new LinkSocket { Limit = 123_456 };
        using var one = Attach(sender, first);
        Send(sender, all[..200_000]);
        await one.Ended.Within();
        await sender.DetachAsync(one).Within();
        Send(sender, all[200_000..]);
        Assert.NotNull(sender.Fault);

        using var second = new LinkSocket();
        using var two = Attach(sender, second, 100_001);

        Assert.Null(sender.Fault);
        await UntilSentAsync(sender, second, from: 100_001);
        Assert.Equal(all[100_001..], second.Taken);
    }

    [Fact]
    public async Task Attach_AnOffsetThatCantBe_Refused()
    {
        var sender = NewSender();
        using var socket = new LinkSocket();
        using var attachment = Attach(sender, socket);
        Send(sender, new byte[1_000]);
        await UntilSentAsync(sender, socket);
        sender.TryAcknowledge(500);
        await sender.DetachAsync(attachment).Within();
        Send(sender, new byte[1_000]);

        foreach (var offset in (long[])[-1, 0, 499, 1_001, 2_000, long.MaxValue, long.MinValue])
        {
            Assert.False(sender.CanResume(offset), $"{offset}");
            using var another = new LinkAttachment(socket, null);
            Assert.False(sender.TryAttach(another, offset), $"{offset}");
        }

        Assert.True(sender.CanResume(500));
        Assert.True(sender.CanResume(1_000));
    }

    [Fact]
    public async Task Attach_MuchIsToBeSentAgain_NothingNewIsRefused()
    {
        var sender = NewSender();
        using var first = new LinkSocket();
        using var one = Attach(sender, first);
        await FillAsync(sender, 8 * MiB);
        await UntilSentAsync(sender, first);
        await sender.DetachAsync(one).Within();
        Assert.False(sender.IsOverfull);

        // The greeting goes first, and takes its time.
        using var second = new LinkSocket().Hold();
        using var two = new LinkAttachment(second, [1]);
        Assert.True(sender.TryAttach(two, 0));
        await second.Sending.Within();

        Assert.False(sender.IsOverfull);
        Assert.False(sender.HasRoom);
    }

    [Fact]
    public async Task HasLeft_TheConnectionBrokeInTheMiddle_OnlyWhatWasBegun()
    {
        var sender = NewSender();
        using var socket = new LinkSocket { Limit = 10 };
        using var attachment = Attach(sender, socket);
        Send(sender, new byte[200_000]);
        await attachment.Ended.Within();
        await sender.DetachAsync(attachment).Within();
        Send(sender, [1]);

        Assert.True(sender.HasLeft(0));
        Assert.False(sender.HasLeft(199_999));
        Assert.False(sender.HasLeft(200_000));
    }

    [Fact]
    public async Task Encoding_Throws_NothingOfItGoesOut()
    {
        var sender = NewSender();
        using var socket = new LinkSocket();
        using var attachment = Attach(sender, socket);

        Assert.Throws<InvalidOperationException>(() => sender.Send(0, static (_, output) =>
        {
            output.Write(new byte[100_000]);
            throw new InvalidOperationException();
        }));

        Send(sender, [1, 2, 3]);
        await UntilSentAsync(sender, socket);
        Assert.Equal([1, 2, 3], socket.Taken);
    }

    [Fact]
    public async Task NotKept_Sent_NothingIsHeld()
    {
        var sender = new LinkSender(_time);
        using var socket = new LinkSocket();
        using var attachment = Attach(sender, socket);
        await FillAsync(sender, 20 * MiB, kept: false);
        await UntilSentAsync(sender, socket);

        await Bounded.UntilAsync(() => sender.Held == 0, "nothing is held");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Producers_ConnectionsBreakAllTheTime_EveryFrameOnceAndInOrder(int seed)
    {
        const int Producers = 8;
        const int Frames = 400;
        const int Length = 200;
        var random = new Random(seed);
        var budget = new ByteBudget(64 * MiB);
        var sender = NewSender(budget);
        var received = new List<byte>();
        var producing = Task.WhenAll(Enumerable.Range(0, Producers).Select(producer => Task.Run(() => ProduceAsync(sender, producer), Bounded.Token)));

        // Until all has arrived, one connection after the other, each of which breaks somewhere.
        for (var broken = 0; received.Count < Producers * Frames * Length; broken++)
        {
            using var socket = new LinkSocket { Limit = broken < 100 ? random.Next(20_000) : long.MaxValue, Arrived = piece => Arrive(piece) };
            using var attachment = Attach(sender, socket, received.Count);
            if (random.Next(3) == 0)
            {
                await Task.Yield();
            }
            else
            {
                await Bounded.UntilAsync(() => socket.IsAborted || received.Count >= Producers * Frames * Length, "it breaks, or all is there");
            }

            await sender.DetachAsync(attachment).Within();
        }

        await producing.Within();
        Assert.Equal(Producers * Frames * Length, received.Count);
        var next = new int[Producers];
        for (var i = 0; i < received.Count; i += Length)
        {
            var frame = received.GetRange(i, Length);
            Assert.All(frame[4..], value => Assert.Equal(frame[0], value));
            Assert.Equal(next[frame[0]]++, (frame[1] << 8) | frame[2]);
        }

        sender.Abort();
        Assert.Equal((0, 0), (sender.Held, budget.Taken));

        void Arrive(ReadOnlyMemory<byte> piece)
        {
            received.AddRange(piece.Span);
            if (received.Count % 3 == 0)
            {
                Assert.True(sender.TryAcknowledge(received.Count));
            }
        }

        static async Task ProduceAsync(LinkSender sender, int producer)
        {
            for (var i = 0; i < Frames; i++)
            {
                Task? room;
                while (!sender.TrySendContent((producer, i), Write, out room))
                {
                    await room!.Within();
                }
            }
        }

        static void Write((int Producer, int Number) frame, IBufferWriter<byte> output)
        {
            var span = output.GetSpan(Length)[..Length];
            span.Fill((byte)frame.Producer);
            (span[1], span[2]) = ((byte)(frame.Number >> 8), (byte)frame.Number);
            output.Advance(Length);
        }
    }

    private LinkSender NewSender(ByteBudget? budget = null) => new(_time, budget) { Keeps = true };

    private static LinkAttachment Attach(LinkSender sender, LinkSocket socket, long offset = 0)
    {
        var attachment = new LinkAttachment(socket, greeting: null);
        Assert.True(sender.TryAttach(attachment, offset));
        return attachment;
    }

    private static bool Send(LinkSender sender, byte[] bytes) => sender.Send(bytes, static (bytes, output) => output.Write(bytes));

    private static bool TrySendContent(LinkSender sender, int length, out Task? room) =>
        sender.TrySendContent(length, static (length, output) => output.Write(new byte[length]), out room);

    // Sends content until so much is held, as fast as it may.
    private static async Task FillAsync(LinkSender sender, long length, bool kept = true)
    {
        for (var sent = sender.Position; sent < length; sent += Piece)
        {
            Task? room;
            while (!TrySendContent(sender, Piece, out room))
            {
                await room!.Within();
            }
        }

        Assert.True(!kept || sender.Held >= length);
    }

    private static Task UntilSentAsync(LinkSender sender, LinkSocket socket, long from = 0) =>
        Bounded.UntilAsync(() => from + socket.Count == sender.Position, "all is sent");
}
