using Iskandar.Cli;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Cli;

public sealed class WakefulnessTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMicroseconds(150);

    private readonly FakeTimeProvider _time = new();
    private readonly Wakefulness _wakefulness;

    public WakefulnessTests() => _wakefulness = new Wakefulness(_time, new Places(1));

    [Fact]
    public void Expect_First_Sleeps() => Assert.False(_wakefulness.Expect());

    [Fact]
    public void Expect_AllCameSoon_StaysAwake()
    {
        Trust();

        Assert.True(_wakefulness.IsAwake);
        Assert.True(_wakefulness.GoesOn());
    }

    [Fact]
    public void Expect_OneComesLateBeforeItTrusts_StartsAgain()
    {
        Come(15, Soon);
        Come(1, Wakefulness.Soon + TimeSpan.FromMicroseconds(1));

        Come(15, Soon);

        Assert.False(_wakefulness.IsAwake);
        Assert.True(Come(1, Soon));
    }

    [Fact]
    public void Expect_CameSlowlyWhileItSlept_StaysAwake() => Assert.True(Come(17, Wakefulness.Soon));

    [Fact]
    public void Expect_ComesJustAfterItsPatience_SleepsInTheEnd()
    {
        Trust();

        Assert.False(Wait(20, Wakefulness.Patience));
        Assert.False(_wakefulness.Expect());
    }

    [Fact]
    public void GoesOn_NothingComes_SleepsAfterItsPatience()
    {
        Trust();

        _time.Advance(Wakefulness.Patience - TimeSpan.FromMicroseconds(1));
        Assert.True(_wakefulness.GoesOn());
        _time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.False(_wakefulness.GoesOn());
        Assert.False(_wakefulness.IsAwake);
    }

    [Fact]
    public void GoesOn_OneInVainAmongMany_IsAwakeForTheNext()
    {
        Come(100, Soon);

        Assert.False(Wait(1, Wakefulness.Patience));
        Assert.True(_wakefulness.Expect());
    }

    [Fact]
    public void GoesOn_OneInTenInVain_StaysAwakeForTheOthers()
    {
        Trust();

        for (var i = 0; i < 100; i++)
        {
            Wait(1, Wakefulness.Patience);
            _wakefulness.Expect();
            Come(9, Soon);
            Assert.True(_wakefulness.IsAwake);
        }
    }

    [Fact]
    public void GoesOn_OneInFiveInVain_GivesUp()
    {
        Trust();

        for (var i = 0; i < 100; i++)
        {
            Wait(1, Wakefulness.Soon + TimeSpan.FromMicroseconds(1));
            _wakefulness.Expect();
            Come(4, Soon);
            Assert.True(i < 5 || !_wakefulness.IsAwake);
        }
    }

    [Fact]
    public void GoesOn_AllComeWhenItHasJustGivenUp_OneInEightIsInVain()
    {
        const int Count = 1_000;
        Trust();

        var inVain = 0;
        for (var i = 0; i < Count; i++)
        {
            var isAwake = _wakefulness.Expect();
            _time.Advance(Wakefulness.Patience + TimeSpan.FromMicroseconds(1));
            inVain += isAwake && !_wakefulness.GoesOn() ? 1 : 0;
        }

        Assert.InRange(inVain, 1, (Count / 8) + 2);
    }

    [Fact]
    public void Expect_NoPlace_Sleeps()
    {
        var places = new Places(1);
        var first = new Wakefulness(_time, places);
        var second = new Wakefulness(_time, places);
        for (var i = 0; i < 20; i++)
        {
            _time.Advance(Soon);
            first.Expect();
            second.Expect();
        }

        Assert.True(first.IsAwake);
        Assert.False(second.IsAwake);

        _time.Advance(Wakefulness.Patience);
        Assert.False(first.GoesOn());
        Assert.True(second.Expect());
    }

    [Fact]
    public void Expect_OneProcessor_NeverStaysAwake()
    {
        var wakefulness = new Wakefulness(_time, new Places(0));

        for (var i = 0; i < 100; i++)
        {
            _time.Advance(Soon);
            Assert.False(wakefulness.Expect());
        }
    }

    private void Trust() => Assert.True(Come(17, Soon));

    private bool Come(int count, TimeSpan after)
    {
        for (var i = 0; i < count; i++)
        {
            _time.Advance(after);
            _wakefulness.Expect();
        }

        return _wakefulness.IsAwake;
    }

    // Each comes only after the loop has asked whether to go on.
    private bool Wait(int count, TimeSpan after)
    {
        for (var i = 0; i < count; i++)
        {
            _wakefulness.Expect();
            _time.Advance(after);
            _wakefulness.GoesOn();
        }

        return _wakefulness.IsAwake;
    }
}
