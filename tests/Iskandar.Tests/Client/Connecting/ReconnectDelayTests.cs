using Iskandar.Client.Connecting;

namespace Iskandar.Tests.Client.Connecting;

public sealed class ReconnectDelayTests
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(0.0, 0.5)]
    [InlineData(0.5, 0.75)]
    [InlineData(0.999999, 1.0)]
    public void Next_AgainAndAgain_DoublesUpToTheMost(double jitter, double share)
    {
        var delay = new ReconnectDelay(Most, new FixedRandom(jitter));

        double[] ceilings = [0.5, 1, 2, 4, 8, 16, 30, 30, 30];
        foreach (var ceiling in ceilings)
        {
            Assert.Equal(ceiling * share, delay.Next().TotalSeconds, 0.001);
        }
    }

    [Fact]
    public void Next_RandomJitter_BetweenHalfAndWholeAndSpread()
    {
        var waits = Enumerable.Range(0, 500).Select(static _ => new ReconnectDelay(Most, Random.Shared).Next()).ToArray();

        Assert.All(waits, static wait => Assert.InRange(wait, TimeSpan.FromSeconds(0.25), TimeSpan.FromSeconds(0.5)));
        Assert.True(waits.Distinct().Count() > 400);
    }

    [Fact]
    public void Next_AfterVeryManyAttempts_NeverOverTheMost()
    {
        var delay = new ReconnectDelay(Most, Random.Shared);
        for (var i = 0; i < 10_000; i++)
        {
            Assert.InRange(delay.Next(), TimeSpan.FromSeconds(0.25), Most);
        }
    }

    [Fact]
    public void Next_MostBelowTheFirst_NeverOverTheMost()
    {
        var delay = new ReconnectDelay(TimeSpan.FromMilliseconds(100), new FixedRandom(0.999999));

        Assert.InRange(delay.Next(), TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public void Reset_AfterManyAttempts_ShortAgain()
    {
        var delay = new ReconnectDelay(Most, new FixedRandom(0));
        for (var i = 0; i < 10; i++)
        {
            delay.Next();
        }

        delay.Reset();

        Assert.Equal(0.25, delay.Next().TotalSeconds, 0.001);
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(100, 100)]
    [InlineData(0, 0.25)]
    [InlineData(100_000, 300)]
    public void RetryAfter_LongerThanTheWait_KeptToWithinReason(int asked, double expected)
    {
        var delay = new ReconnectDelay(Most, new FixedRandom(0));

        Assert.Equal(expected, delay.Next(TimeSpan.FromSeconds(asked)).TotalSeconds, 0.001);
    }

    [Fact]
    public void RetryAfter_ShorterThanTheWait_WaitStays()
    {
        var delay = new ReconnectDelay(Most, new FixedRandom(0));
        for (var i = 0; i < 6; i++)
        {
            delay.Next(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(15, delay.Next(TimeSpan.FromSeconds(1)).TotalSeconds, 0.001);
    }

    private sealed class FixedRandom(double value) : Random(0)
    {
        public override double NextDouble() => value;
    }
}
