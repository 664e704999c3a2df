using CsCheck;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.FlowControl;
using Iskandar.Protocol.Frames;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Protocol.FlowControl;

public sealed class ReceiveWindowTests
{
    private const int Window = FrameLimits.Window;
    private const int Half = Window / 2;
    private const int Quarter = Window / 4;

    private readonly FakeTimeProvider _time = new();
    private readonly RoundTrip _roundTrip;
    private readonly ReceiveWindow _window;
    private readonly SendWindow _sender = new();

    public ReceiveWindowTests()
    {
        _roundTrip = new RoundTrip(_time);
        _window = new ReceiveWindow(_roundTrip, budget: null);
    }

    private long Now => _time.GetTimestamp();

    [Fact]
    public void TryReceive_AllThatIsAllowed_AndNotOneByteMore()
    {
        Assert.False(_window.TryReceive(Window + 1));
        Assert.True(_window.TryReceive(Window));
        Assert.True(_window.TryReceive(0));
        Assert.False(_window.TryReceive(1));
        Assert.Equal(Window, _window.Size);
    }

    [Fact]
    public void Consumed_LessThanQuarter_HeldBackAndThenReturnedTogether()
    {
        Assert.True(_window.TryReceive(Window));

        Assert.Equal(0, _window.Consumed(Quarter - 1, Now));
        Assert.Equal(Quarter, _window.Consumed(1, Now));
        Assert.Equal(0, _window.Consumed(0, Now));
        Assert.Equal(Window - Quarter, _window.Consumed(Window - Quarter, Now));
        Assert.True(_window.TryReceive(Window));
        Assert.False(_window.TryReceive(1));
    }

    [Theory]
    [InlineData(Window + 1L)]
    [InlineData(uint.MaxValue + 1L)]
    [InlineData(long.MaxValue)]
    public void Consumed_MoreThanCame_CreditForWhatCame(long bytes)
    {
        Assert.Equal(0, _window.Consumed(bytes, Now));
        Assert.True(_window.TryReceive(Window));

        Assert.Equal(Window, _window.Consumed(bytes, Now));
        Assert.Equal(0, _window.Consumed(bytes, Now));
        Assert.False(_window.TryReceive(Window + 1));
    }

    [Fact]
    public void Consumed_LessThanNothing_Refused() => Assert.Throws<ArgumentOutOfRangeException>(() => _window.Consumed(-1, Now));

    [Fact]
    public void Growth_BeforeTheRoundTripIsKnown_None()
    {
        UseUp(times: 20, every: 10);

        Assert.Equal(Window, _window.Size);
    }

    [Fact]
    public void Growth_WindowUsedUpInEachRoundTrip_DoublesUpToSixteenMebibytes()
    {
        Measure(100);

        UseUp(times: 1, every: 100);
        Assert.Equal(Window, _window.Size);
        UseUp(times: 1, every: 100);
        Assert.Equal(2 * Window, _window.Size);
        UseUp(times: 40, every: 100);

        Assert.Equal(ReceiveWindow.MostSize, _window.Size);
        Assert.True(_window.TryReceive(ReceiveWindow.MostSize));
        Assert.False(_window.TryReceive(1));
    }

    [Fact]
    public void Growth_CreditContainsIt()
    {
        Measure(100);
        UseUp(times: 1, every: 100);
        Assert.True(_window.TryReceive(Half));

        Assert.Equal(Half + Window, _window.Consumed(Half, Now));
    }

    [Theory]
    [InlineData(300)]
    [InlineData(1_000)]
    [InlineData(60_000)]
    [InlineData(int.MaxValue)]
    public void Growth_PausesBetween_None(int every)
    {
        Measure(100);

        UseUp(times: 20, every);

        Assert.Equal(Window, _window.Size);
    }

    [Fact]
    public void Growth_ShortRoundTripAndAConsumerThatTakesMuchAtOnce_None()
    {
        Measure(1);

        for (var i = 0; i < 20; i++)
        {
            UseUp(times: 2, every: 1);
            _time.Advance(TimeSpan.FromMilliseconds(8));
        }

        Assert.Equal(Window, _window.Size);
    }

    [Fact]
    public void Growth_ContentAlwaysWaitsForTheConsumer_None()
    {
        Measure(100);
        Assert.True(_window.TryReceive(Window));
        for (var i = 0; i < 40; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(50));
            var credit = _window.Consumed(Half, Now);
            Assert.Equal(Half, credit);
            Assert.True(_window.TryReceive(credit));
        }

        Assert.Equal(Window, _window.Size);
    }

    [Fact]
    public void Growth_BroughtNothing_NotAgainWhileTheRateIsTheSame()
    {
        Measure(100);
        UseUp(times: 2, every: 100);
        Assert.Equal(2 * Window, _window.Size);

        for (var i = 0; i < 100; i++)
        {
            Use(_window, Half, every: 50);
        }

        Assert.Equal(2 * Window, _window.Size);
        UseUp(times: 3, every: 50);
        Assert.True(_window.Size > 2 * Window, "It grows again with the rate.");
    }

    [Fact]
    public void Growth_BudgetAllows_TakenFromItAndGivenBackByReset()
    {
        var budget = new ByteBudget(3 * Window);
        var window = new ReceiveWindow(_roundTrip, budget);
        Measure(100);

        for (var i = 0; i < 10; i++)
        {
            Use(window, int.MaxValue, every: 100);
        }

        Assert.Equal((4 * Window, 3L * Window), (window.Size, budget.Taken));
        window.Reset();
        Assert.Equal((Window, 0L), (window.Size, budget.Taken));
        window.Reset();
        Assert.Equal(0, budget.Taken);
    }

    [Fact]
    public void Growth_BudgetUsedUpByOthers_OnlyWhenThereIsRoomAgain()
    {
        var budget = new ByteBudget(Window);
        Assert.True(budget.TryTake(1));
        var window = new ReceiveWindow(_roundTrip, budget);
        Measure(100);
        for (var i = 0; i < 10; i++)
        {
            Use(window, int.MaxValue, every: 100);
        }

        Assert.Equal((Window, 1L), (window.Size, budget.Taken));
        budget.Return(1);
        Use(window, int.MaxValue, every: 100);
        Use(window, int.MaxValue, every: 100);
        Assert.Equal((2 * Window, Window), (window.Size, budget.Taken));
    }

    [Fact]
    public void Reset_AfterGrowth_AsAtFirst()
    {
        Measure(100);
        UseUp(times: 5, every: 100);
        Assert.True(_window.TryReceive(300_000));
        _window.Consumed(1_000, Now);

        _window.Reset();

        Assert.Equal(Window, _window.Size);
        Assert.False(_window.TryReceive(Window + 1));
        Assert.True(_window.TryReceive(Window));
        Assert.Equal(0, _window.Consumed(Quarter - 1, Now));
        Assert.Equal(Quarter, _window.Consumed(1, Now));
        _window.Reset();
        _sender.Reset();
        UseUp(times: 1, every: 100);
        Assert.Equal(Window, _window.Size);
        UseUp(times: 1, every: 100);
        Assert.Equal(2 * Window, _window.Size);
    }

    [Fact]
    public void Reset_WhileContentWaits_BudgetIsGivenBack() => Gen.Select(Gen.Int[0, 2_000_000], Gen.Int[0, 30]).Sample(
        static (bytes, windows) =>
        {
            var time = new FakeTimeProvider();
            var roundTrip = new RoundTrip(time);
            var budget = new ByteBudget(long.MaxValue);
            var window = new ReceiveWindow(roundTrip, budget);
            Assert.True(roundTrip.TryBegin(time.GetTimestamp(), out var opaque));
            time.Advance(TimeSpan.FromMilliseconds(10));
            Assert.True(roundTrip.TryEnd(opaque, time.GetTimestamp()));
            for (var i = 0; i < windows; i++)
            {
                time.Advance(TimeSpan.FromMilliseconds(10));
                Assert.True(window.TryReceive(window.Size / 2));
                window.Consumed(window.Size / 2, time.GetTimestamp());
            }

            window.TryReceive(bytes);
            Assert.Equal(window.Size - Window, budget.Taken);
            window.Reset();
            Assert.Equal(0, budget.Taken);
        },
        iter: 500);

    // A sender sends what it may, or less; the receiver consumes what came, or less; time passes.
    [Fact]
    public void Any_OrderOfEvents_NeverMoreOutstandingThanTheWindowAndNoGoodSenderAccused() =>
        Gen.Select(Gen.Int[0, 200_000], Gen.Int[1, 100], Gen.Select(Gen.Int[0, 3], Gen.Double[0, 1], Gen.Int[0, 3_000]).Array[0, 400]).Sample(
            static (roundTripMicroseconds, budgetWindows, events) =>
            {
                var time = new FakeTimeProvider();
                var roundTrip = new RoundTrip(time);
                var budget = new ByteBudget((long)budgetWindows * Window);
                var receiver = new ReceiveWindow(roundTrip, budget);
                var sender = new SendWindow();
                Assert.True(roundTrip.TryBegin(time.GetTimestamp(), out var opaque));
                time.Advance(TimeSpan.FromMicroseconds(roundTripMicroseconds));
                Assert.True(roundTrip.TryEnd(opaque, time.GetTimestamp()));
                var (onTheWay, buffered, credit) = (0, 0, 0L);
                foreach (var (what, part, milliseconds) in events)
                {
                    switch (what)
                    {
                        case 0:
                            onTheWay += sender.Take((int)(part * sender.Available * 1.2));
                            break;
                        case 1:
                            var received = (int)(part * onTheWay);
                            Assert.True(receiver.TryReceive(received));
                            (onTheWay, buffered) = (onTheWay - received, buffered + received);
                            break;
                        case 2:
                            var consumed = (int)Math.Min(buffered, part * buffered * 1.2);
                            buffered -= consumed;
                            credit += receiver.Consumed(consumed, time.GetTimestamp());
                            break;
                        default:
                            // Credit is on the way for a while, too.
                            time.Advance(TimeSpan.FromMilliseconds(milliseconds / 20));
                            if (credit > 0)
                            {
                                Assert.True(sender.TryAdd((uint)credit));
                                credit = 0;
                            }

                            break;
                    }

                    Assert.InRange(receiver.Size, Window, ReceiveWindow.MostSize);
                    Assert.InRange(sender.Available + onTheWay + credit + buffered, receiver.Size / 2, receiver.Size);
                    Assert.False(receiver.TryReceive((int)(sender.Available + onTheWay + credit) + 1), "A sender that sends more is found out.");
                    Assert.Equal(receiver.Size - Window, budget.Taken);
                }

                receiver.Reset();
                Assert.Equal(0, budget.Taken);
            },
            iter: 1_000);

    private void Measure(int milliseconds)
    {
        Assert.True(_roundTrip.TryBegin(Now, out var opaque));
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        Assert.True(_roundTrip.TryEnd(opaque, Now));
    }

    private void UseUp(int times, int every)
    {
        for (var i = 0; i < times; i++)
        {
            Use(_window, int.MaxValue, every);
        }
    }

    // As much as is allowed, or less, comes at once and is consumed in two parts; then nothing happens for a while.
    private void Use(ReceiveWindow window, int most, int every)
    {
        var bytes = _sender.Take(most);
        Assert.True(window.TryReceive(bytes));
        var credit = window.Consumed(bytes / 2, Now) + window.Consumed(bytes - (bytes / 2), Now);
        Assert.True(credit == 0 || _sender.TryAdd((uint)credit));
        _time.Advance(TimeSpan.FromMilliseconds(every));
    }
}
