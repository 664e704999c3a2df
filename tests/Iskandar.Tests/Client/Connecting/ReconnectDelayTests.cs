using CsCheck;
using Iskandar.Client.Connecting;

namespace Iskandar.Tests.Client.Connecting;

public sealed class ReconnectDelayTests
{
    private const double Least = 0.02;
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MostAsked = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(0.999999)]
    public void Next_AgainAndAgain_CeilingDoublesUpToTheMost(double jitter)
    {
        var delay = new ReconnectDelay(Most, new FixedRandom(jitter));

        double[] ceilings = [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30, 30];
        foreach (var ceiling in ceilings)
        {
            Assert.Equal(Least + (jitter * (ceiling - Least)), delay.Next().TotalSeconds, 0.001);
        }
    }

    [Fact]
    public void Next_RandomJitter_EvenlySpreadFromNothingToTheCeiling()
    {
        var random = new Random(1);

        var tenths = Enumerable.Range(0, 10_000).Select(_ => (int)(Fourth(random).TotalSeconds / 0.2)).CountBy(static tenth => tenth).ToDictionary();

        Assert.Equal(Enumerable.Range(0, 10), tenths.Keys.Order());
        Assert.All(tenths.Values, static count => Assert.InRange(count, 850, 1_150));

        // Its ceiling is 2 s.
        static TimeSpan Fourth(Random random)
        {
            var delay = new ReconnectDelay(Most, random);
            delay.Next();
            delay.Next();
            delay.Next();
            return delay.Next();
        }
    }

    [Fact]
    public void Next_AfterVeryManyAttempts_NeverOverTheMost()
    {
        var delay = new ReconnectDelay(Most, new Random(1));
        for (var i = 0; i < 10_000; i++)
        {
            Assert.InRange(delay.Next(), TimeSpan.FromSeconds(Least), Most);
        }
    }

    [Theory]
    [InlineData(100, 100)]
    [InlineData(0, 20)]
    public void Next_MostBelowTheFirst_NeverOverTheMostButNeverNothing(int most, double expected)
    {
        var delay = new ReconnectDelay(TimeSpan.FromMilliseconds(most), new FixedRandom(0.999999));

        Assert.Equal(expected, delay.Next().TotalMilliseconds, 0.01);
    }

    [Fact]
    public void Reset_AfterManyAttempts_ShortAgain()
    {
        var delay = new ReconnectDelay(Most, new FixedRandom(0.999999));
        for (var i = 0; i < 10; i++)
        {
            delay.Next();
        }

        delay.Reset();

        Assert.Equal(0.25, delay.Next().TotalSeconds, 0.001);
    }

    [Theory]
    [InlineData(1, 0.0, 1)]
    [InlineData(1, 0.999999, 1.25)]
    [InlineData(10, 0.999999, 11)]
    [InlineData(100, 0.5, 105)]
    [InlineData(0, 0.0, Least)]
    [InlineData(0, 0.999999, 0.25)]
    [InlineData(-5, 0.999999, 0.25)]
    [InlineData(100_000, 0.0, 270)]
    [InlineData(100_000, 0.999999, 300)]
    public void RetryAfter_FirstAttempt_TheTimeAndJitterOnTop(int asked, double jitter, double expected)
    {
        var delay = new ReconnectDelay(Most, new FixedRandom(jitter));

        Assert.Equal(expected, delay.Next(TimeSpan.FromSeconds(asked)).TotalSeconds, 0.001);
    }

    [Fact]
    public void RetryAfter_AskedAgainAndAgain_JitterGrows()
    {
        var delay = new ReconnectDelay(Most, new FixedRandom(0.999999));

        double[] waits = [1.25, 1.5, 2, 3, 5, 9, 17, 31, 31];
        foreach (var wait in waits)
        {
            Assert.Equal(wait, delay.Next(TimeSpan.FromSeconds(1)).TotalSeconds, 0.001);
        }
    }

    [Fact]
    public void RetryAfter_AnyTime_NeverSoonerNeverTooLongAndNeverTogether() =>
        Gen.Select(Gen.Double[0, 1_000], Gen.Int[0, 12], Gen.Double[0, 900], Gen.Int[1, 1_000_000]).Sample(
            static (asked, attempts, most, seed) =>
            {
                var random = new Random(seed);
                var clients = Enumerable.Range(0, 100).Select(_ => new ReconnectDelay(TimeSpan.FromSeconds(most), random)).ToArray();
                var waits = clients.Select(client => Asked(client, TimeSpan.FromSeconds(asked), attempts)).ToArray();

                Assert.All(waits, wait => Assert.InRange(wait, TimeSpan.FromSeconds(Least), MostAsked));
                if (asked + Math.Max(asked / 10, most) <= MostAsked.TotalSeconds)
                {
                    Assert.All(waits, wait => Assert.True(wait.TotalSeconds >= asked - 0.000_001));
                }

                Assert.True(most < 1 || waits.Select(static wait => (int)wait.TotalMilliseconds).Distinct().Count() > 50);
            },
            iter: 500);

    private static TimeSpan Asked(ReconnectDelay delay, TimeSpan asked, int attempts)
    {
        for (var i = 0; i < attempts; i++)
        {
            delay.Next();
        }

        return delay.Next(asked);
    }

    private sealed class FixedRandom(double value) : Random(0)
    {
        public override double NextDouble() => value;
    }
}
