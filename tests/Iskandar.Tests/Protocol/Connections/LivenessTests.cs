using Iskandar.Protocol.Connections;
using Microsoft.Extensions.Time.Testing;
using static Iskandar.Protocol.Connections.LivenessVerdict;

namespace Iskandar.Tests.Protocol.Connections;

public sealed class LivenessTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Liveness _liveness;

    public LivenessTests() => _liveness = new Liveness(_time);

    [Fact]
    public void Silence_FromTheStart_OnePingAfterTenSecondsAndDeadAfterFifteen() =>
        Assert.Equal([(10, Ping), (15, Dead), (16, Dead), (17, Dead)], Verdicts(17));

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public void Silence_SinceAByteBetweenTicks_DeadWithinFifteenSecondsOfIt(double after)
    {
        Ticks(3);
        Pass(after);
        _liveness.Heard();
        Pass(1 - after);

        // The third tick counts as the time of the byte. The PING is for nothing sent.
        Assert.Equal(None, _liveness.Tick());
        Assert.Equal([(6, Ping), (14, Dead)], Verdicts(14));
    }

    [Fact]
    public void Peer_HeardEverySecond_PingedOnlyWhenNothingIsSent()
    {
        var pings = new List<int>();
        for (var second = 1; second <= 40; second++)
        {
            Pass(1);
            _liveness.Heard();
            if (_liveness.Tick() == Ping)
            {
                pings.Add(second);
            }
        }

        Assert.Equal([10, 20, 30, 40], pings);
    }

    [Fact]
    public void Peer_HeardAndSpokenTo_NoPing()
    {
        for (var second = 1; second <= 100; second++)
        {
            Pass(1);
            _liveness.Heard();
            _liveness.Spoke();
            Assert.Equal(None, _liveness.Tick());
        }
    }

    [Fact]
    public void Peer_SpokenToButSilent_PingedAndDead()
    {
        var verdicts = new List<(int, LivenessVerdict)>();
        for (var second = 1; second <= 15; second++)
        {
            Pass(1);
            _liveness.Spoke();
            if (_liveness.Tick() is var verdict and not None)
            {
                verdicts.Add((second, verdict));
            }
        }

        Assert.Equal([(10, Ping), (15, Dead)], verdicts);
    }

    [Fact]
    public void Peer_AnswersEachPing_LivesAndIsPingedAgain()
    {
        var pings = 0;
        for (var second = 1; second <= 1_000; second++)
        {
            Pass(1);
            switch (_liveness.Tick())
            {
                case Ping:
                    pings++;
                    _liveness.Heard();
                    break;
                case Dead:
                    Assert.Fail($"Dead after {second} s.");
                    break;
            }
        }

        Assert.Equal(100, pings);
    }

    [Fact]
    public void Gap_SilentBefore_IsNoSilenceButATrial()
    {
        Ticks(9);

        Pass(3_600);

        Assert.Equal(Ping, _liveness.Tick());
        Assert.Equal([(5, Dead)], Verdicts(5));
    }

    [Fact]
    public void Gap_AlmostDeadBefore_HasATrialAllTheSame()
    {
        Ticks(14);

        Pass(60);

        Assert.Equal(Ping, _liveness.Tick());
        Assert.Equal([(5, Dead)], Verdicts(5));
    }

    [Fact]
    public void Gap_HeardAfterIt_GoesOnAsBefore()
    {
        Ticks(9);
        Pass(60);
        Assert.Equal(Ping, _liveness.Tick());
        Ticks(2);
        _liveness.Heard();

        Assert.Equal([(8, Ping), (15, Dead)], Verdicts(15));
    }

    [Fact]
    public void Gap_HeardBeforeItsEnd_ProvesNothing()
    {
        _liveness.Heard();
        Pass(60);

        Assert.Equal(Ping, _liveness.Tick());
        Assert.Equal([(5, Dead)], Verdicts(5));
    }

    [Fact]
    public void Gap_DuringATrial_DecidesNothingAndCountsForASecond()
    {
        _liveness.Probe();
        Ticks(4);

        Pass(60);

        Assert.Equal(None, _liveness.Tick());
        Assert.Equal([(1, Dead)], Verdicts(1));
    }

    [Fact]
    public void Gaps_WithoutAnEnd_SilentPeerIsGivenUpAllTheSame()
    {
        var ticks = 0;
        LivenessVerdict verdict;
        do
        {
            Pass(4);
            verdict = _liveness.Tick();
        }
        while (verdict != Dead && ++ticks < 100);

        Assert.InRange(ticks, 5, 7);
    }

    [Fact]
    public void Tick_ALittleLate_IsSilence()
    {
        Ticks(12);
        Pass(3);

        Assert.Equal(Dead, _liveness.Tick());
    }

    [Fact]
    public void Probe_NothingHeard_DeadAfterFiveSeconds()
    {
        Ticks(2);

        Assert.Equal(Ping, _liveness.Probe());
        Assert.Equal([(5, Dead)], Verdicts(5));
    }

    [Fact]
    public void Probe_BetweenTicks_HasFiveSeconds()
    {
        Pass(0.7);
        Assert.Equal(Ping, _liveness.Probe());
        Pass(0.3);

        Assert.Equal(None, _liveness.Tick());
        Assert.Equal([(5, Dead)], Verdicts(5));
    }

    [Fact]
    public void Probe_HeardOnlyBefore_ProvesNothing()
    {
        Pass(0.5);
        _liveness.Heard();
        Assert.Equal(Ping, _liveness.Probe());
        Pass(0.5);

        Assert.Equal(None, _liveness.Tick());
        Assert.Equal([(5, Dead)], Verdicts(5));
    }

    [Fact]
    public void Probe_HeardAfter_GoesOnAsBefore()
    {
        Assert.Equal(Ping, _liveness.Probe());
        Ticks(3);
        _liveness.Heard();

        Assert.Equal([(7, Ping), (15, Dead)], Verdicts(15));
    }

    [Fact]
    public void Probe_AgainAndAgain_OnePingAndNoMoreTime()
    {
        var verdicts = new List<LivenessVerdict>();
        for (var i = 0; i < 5; i++)
        {
            verdicts.Add(_liveness.Probe());
            Pass(1);
            verdicts.Add(_liveness.Tick());
        }

        Assert.Equal([Ping, None, None, None, None, None, None, None, None, Dead], verdicts);
        Assert.Equal(Dead, _liveness.Probe());
    }

    [Fact]
    public void Probe_AlmostDead_NoMoreTimeThanSilenceHas()
    {
        Ticks(13);

        Assert.Equal(Ping, _liveness.Probe());
        Assert.Equal([(2, Dead)], Verdicts(2));
    }

    [Fact]
    public void Probe_FirstAfterAGap_ForgivesTheGap()
    {
        Ticks(14);
        Pass(60);

        Assert.Equal(Ping, _liveness.Probe());
        Assert.Equal([(5, Dead)], Verdicts(5));
    }

    [Fact]
    public void Start_AfterDeath_IsANewLife()
    {
        Ticks(20);
        _liveness.Start();

        Assert.Equal([(10, Ping), (15, Dead)], Verdicts(15));
    }

    [Fact]
    public void Heard_AfterDeath_IsTooLate()
    {
        Ticks(15);
        _liveness.Heard();
        _liveness.Heard();

        Assert.Equal([(1, Dead), (2, Dead)], Verdicts(2));
    }

    [Theory]
    [InlineData(0, 15)]
    [InlineData(10, 10.5)]
    public void Times_Senseless_AreRefused(double pingAfter, double deadAfter) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Liveness(_time, TimeSpan.FromSeconds(pingAfter), TimeSpan.FromSeconds(deadAfter)));

    private void Pass(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    private void Ticks(int count) => Verdicts(count);

    // What is to be done at which second from now, where there is anything.
    private List<(int Second, LivenessVerdict Verdict)> Verdicts(int seconds)
    {
        var verdicts = new List<(int, LivenessVerdict)>();
        for (var second = 1; second <= seconds; second++)
        {
            Pass(1);
            if (_liveness.Tick() is var verdict and not None)
            {
                verdicts.Add((second, verdict));
            }
        }

        return verdicts;
    }
}
