using Iskandar.Client.Connecting;
using Iskandar.Tests.Infrastructure;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Client.Connecting;

public sealed class WakeUpTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HalfMinute = TimeSpan.FromSeconds(30);

    private readonly SleepingClock _time = new();
    private readonly FakeNetwork _network = new();
    private readonly WakeUp _wakeUp;
    private int _woken;

    public WakeUpTests() => _wakeUp = new WakeUp(_time, _network, () => _woken++);

    public void Dispose() => _wakeUp.Dispose();

    [Fact]
    public async Task Wait_NothingHappens_LastsItsTime()
    {
        var wait = _wakeUp.WaitAsync(TimeSpan.FromSeconds(10), Bounded.Token);

        Run(TimeSpan.FromSeconds(9.9));
        Assert.False(wait.IsCompleted);
        Run(TimeSpan.FromSeconds(0.1));

        Assert.False(await wait.Within());
        Assert.Equal((0, 0), (_wakeUp.Version, _woken));
    }

    [Fact]
    public async Task Wait_NetworkChanges_EndsAtOnce()
    {
        var first = _wakeUp.WaitAsync(HalfMinute, Bounded.Token);
        var second = _wakeUp.WaitAsync(HalfMinute, Bounded.Token);

        _network.Change();

        Assert.True(await first.Within());
        Assert.True(await second.Within());
        Assert.Equal((1, 1), (_wakeUp.Version, _woken));
    }

    [Fact]
    public async Task Wait_Cancelled_Throws()
    {
        using var stop = new CancellationTokenSource();
        var wait = _wakeUp.WaitAsync(HalfMinute, stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.Within());
        _network.Change();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _wakeUp.WaitAsync(HalfMinute, seen: 0, stop.Token).Within());
    }

    [Fact]
    public async Task Wait_WokenSinceTheVersionSeen_DoesNotBegin()
    {
        var seen = _wakeUp.Version;
        _network.Change();

        Assert.True(await _wakeUp.WaitAsync(HalfMinute, seen, Bounded.Token).Within());
        Assert.False(_wakeUp.WaitAsync(HalfMinute, _wakeUp.Version, Bounded.Token).IsCompleted);
    }

    [Fact]
    public async Task Changes_Storm_OneWakeUpNowAndOneWhenItIsOver()
    {
        for (var i = 0; i < 50; i++)
        {
            _network.Change();
        }

        Assert.Equal((1, 1), (_wakeUp.Version, _woken));
        var wait = _wakeUp.WaitAsync(HalfMinute, Bounded.Token);
        Run(Second);
        Assert.True(await wait.Within());
        Run(HalfMinute);
        Assert.Equal((2, 2), (_wakeUp.Version, _woken));
    }

    [Fact]
    public async Task Changes_LongStorm_AtMostOneEarlyEndASecond()
    {
        var ends = 0;
        var wait = _wakeUp.WaitAsync(HalfMinute, Bounded.Token);
        for (var i = 0; i < 100; i++)
        {
            _network.Change();
            _time.Advance(TimeSpan.FromMilliseconds(100));
            if (_wakeUp.Version > ends)
            {
                ends++;
                Assert.True(await wait.Within());
                wait = _wakeUp.WaitAsync(HalfMinute, Bounded.Token);
            }
        }

        // At once, and then at the end of each of the ten seconds.
        Assert.Equal((11, 11), (ends, _woken));
        Assert.False(wait.IsCompleted);
    }

    [Fact]
    public void Change_QuietBefore_IsNotHeldBack()
    {
        _network.Change();
        Run(Second);

        _network.Change();

        Assert.Equal(2, _woken);
    }

    [Fact]
    public async Task Machine_Sleeps_EndsTheWait()
    {
        // The monotonic clock stands still meanwhile, and timers with it.
        var wait = _wakeUp.WaitAsync(HalfMinute, Bounded.Token);
        _time.Sleep(TimeSpan.FromHours(8));

        Run(Second);

        Assert.True(await wait.Within());
        Assert.Equal((1, 1), (_wakeUp.Version, _woken));
    }

    [Fact]
    public async Task Process_Stopped_EndsTheWait()
    {
        var wait = _wakeUp.WaitAsync(HalfMinute, Bounded.Token);

        // All clocks have gone on when it is continued, and its timers are late.
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.True(await wait.Within());
        Assert.Equal((1, 1), (_wakeUp.Version, _woken));
        Run(HalfMinute);
        Assert.Equal(1, _woken);
    }

    [Fact]
    public async Task Process_StoppedWhileTheWallClockIsSetBack_EndsTheWait()
    {
        var wait = _wakeUp.WaitAsync(HalfMinute, Bounded.Token);
        _time.Sleep(-HalfMinute);

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.True(await wait.Within());
    }

    [Theory]
    [InlineData(1.9)]
    [InlineData(-3_600)]
    public void Clock_SetByLittleOrBack_IsNoSleep(double seconds)
    {
        _time.Sleep(TimeSpan.FromSeconds(seconds));

        Run(HalfMinute);

        Assert.Equal(0, _woken);
    }

    [Fact]
    public void Tick_LateByWork_IsNoSleep()
    {
        _time.Advance(TimeSpan.FromSeconds(2.9));
        Run(HalfMinute);

        Assert.Equal(0, _woken);
    }

    [Fact]
    public void Sleep_RightAfterAChange_IsNotLost()
    {
        _network.Change();
        _time.Advance(TimeSpan.FromSeconds(0.5));
        _time.Sleep(HalfMinute);
        Run(TimeSpan.FromSeconds(0.5));

        Run(Second);

        Assert.Equal(2, _woken);
    }

    [Fact]
    public async Task Dispose_ChangesAndSleeps_WakeNobody()
    {
        var wait = _wakeUp.WaitAsync(HalfMinute, Bounded.Token);

        _wakeUp.Dispose();
        _network.Change();
        _time.Sleep(TimeSpan.FromHours(1));
        Run(TimeSpan.FromSeconds(29));

        Assert.Equal((0, false, false), (_woken, wait.IsCompleted, _network.IsListenedTo));
        Run(Second);
        Assert.False(await wait.Within());
    }

    [Fact]
    public void System_ListenedToAndLeft_NoFault() => Assert.Null(Record.Exception(static () => new SystemNetworkChanges().Listen(static () => { }).Dispose()));

    // In steps of a tenth of a second, as time passes for whoever is awake.
    private void Run(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += Second / 10)
        {
            _time.Advance(Second / 10);
        }
    }

    private sealed class FakeNetwork : INetworkChanges, IDisposable
    {
        private Action? _changed;

        public bool IsListenedTo => _changed is not null;

        public void Change() => _changed?.Invoke();

        public IDisposable Listen(Action changed)
        {
            _changed = changed;
            return this;
        }

        public void Dispose() => _changed = null;
    }

    /// <summary>A clock of which only the wall goes on while the machine sleeps.</summary>
    private sealed class SleepingClock : FakeTimeProvider
    {
        private TimeSpan _slept;

        public void Sleep(TimeSpan time) => _slept += time;

        public override long GetTimestamp() => base.GetUtcNow().Ticks;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _slept;
    }
}
