using CsCheck;
using Iskandar.Protocol.Connections;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Protocol.Connections;

/// <summary>What holds whatever happens when. A step is some time, then perhaps a byte either way; ticks come about once a second, as timers do.</summary>
public sealed class LivenessPropertyTests
{
    private const int Iterations = 2_000;

    // Bytes of the peer are rare, so that it often seems gone.
    private static readonly Gen<(int Milliseconds, bool Hears, bool Speaks)[]> Steps =
        Gen.Select(Gen.Int[0, 600], Gen.Int[0, 25], Gen.Int[0, 9], static (milliseconds, hears, speaks) => (milliseconds, hears == 0, speaks == 0)).Array[50, 400];

    [Fact]
    public void Silence_AnySteps_DeadWithinFifteenSecondsAndNotBeforeThirteen() => Gen.Select(Steps, Gen.Int[900, 1_000]).Sample(
        static (steps, period) =>
        {
            var run = new LivenessRun(period);
            foreach (var (milliseconds, hears, speaks) in steps)
            {
                run.Pass(milliseconds);
                if (run.Died is { } died)
                {
                    Assert.InRange(died - run.Heard, 13_000, 15_000);
                    return;
                }

                Assert.True(run.Now - run.Heard <= 15_000, $"{run.Now - run.Heard} ms of silence.");
                run.Do(hears, speaks);
            }
        },
        iter: Iterations);

    [Fact]
    public void Pings_AnySteps_ComeInTimeAndNotTooOften() => Gen.Select(Steps, Gen.Int[900, 1_000]).Sample(
        static (steps, period) =>
        {
            var run = new LivenessRun(period);
            foreach (var (milliseconds, hears, speaks) in steps)
            {
                run.Pass(milliseconds);
                if (run.Died is not null)
                {
                    break;
                }

                // Whoever sends nothing, or hears nothing, has sent a PING.
                Assert.True(run.Now - Math.Max(run.Spoke, run.LastPing) <= 11_000);
                Assert.True(run.Now - run.Heard <= 11_000 || run.LastPing > run.Heard);
                run.Do(hears, speaks);
            }

            foreach (var (earlier, later) in run.Pings.Zip(run.Pings.Skip(1)))
            {
                Assert.InRange(later - earlier, 9_000, int.MaxValue);
            }
        },
        iter: Iterations);

    [Fact]
    public void Gap_AfterAnySteps_PingAtOnceAndNoDeathForFiveSeconds() => Gen.Select(Steps, Gen.Int[900, 1_000], Gen.Int[5_000, 10_000_000], Gen.Int[0, 20_000]).Sample(
        static (steps, period, gap, answers) =>
        {
            var run = new LivenessRun(period);
            foreach (var (milliseconds, hears, speaks) in steps)
            {
                run.Pass(milliseconds);
                run.Do(hears, speaks);
            }

            if (run.Died is not null)
            {
                return;
            }

            run.Stop(gap);
            var begin = run.Now;
            Assert.Equal((begin, null), (run.LastPing, run.Died));
            run.Pass(Math.Min(answers, 4_999));
            Assert.Null(run.Died);
            if (answers < 5_000)
            {
                run.Do(hears: true, speaks: false);
                run.Pass(13_000);
                Assert.Null(run.Died);
            }
            else
            {
                run.Pass(2_000);
                Assert.InRange(run.Died!.Value - begin, 5_000, 6_000);
            }
        },
        iter: Iterations);

    [Fact]
    public void Probe_AfterAnySteps_AnswersWithinFiveSecondsSaveAndNothingElseDoes() => Gen.Select(Steps, Gen.Int[900, 1_000], Gen.Int[0, 9_999]).Sample(
        static (steps, period, answers) =>
        {
            var run = new LivenessRun(period);
            foreach (var (milliseconds, hears, speaks) in steps)
            {
                run.Pass(milliseconds);
                run.Do(hears, speaks);
            }

            // The silence that was there already has no more time for a probe.
            run.Do(hears: true, speaks: false);
            run.Pass(period);
            if (run.Died is not null)
            {
                return;
            }

            Assert.Equal(LivenessVerdict.Ping, run.Probe());
            var begin = run.Now;
            run.Pass(Math.Min(answers, 4_999));
            Assert.Null(run.Died);
            if (answers < 5_000)
            {
                run.Do(hears: true, speaks: false);
                run.Pass(13_000);
                Assert.Null(run.Died);
            }
            else
            {
                run.Pass(2_000);
                Assert.InRange(run.Died!.Value - begin, 5_000, 6_000);
            }
        },
        iter: Iterations);

    /// <summary>A connection's life in milliseconds, beside what is known of it.</summary>
    private sealed class LivenessRun
    {
        private readonly FakeTimeProvider _time = new();
        private readonly Liveness _liveness;
        private readonly int _period;
        private int _nextTick;

        public LivenessRun(int period)
        {
            _liveness = new Liveness(_time);
            _period = period;
            _nextTick = period;
        }

        public int Now { get; private set; }

        public int Heard { get; private set; }

        public int Spoke { get; private set; }

        public List<int> Pings { get; } = [];

        public int LastPing => Pings is [.., var last] ? last : 0;

        public int? Died { get; private set; }

        public void Do(bool hears, bool speaks)
        {
            if (hears)
            {
                Heard = Died is null ? Now : Heard;
                _liveness.Heard();
            }

            if (speaks)
            {
                Spoke = Now;
                _liveness.Spoke();
            }
        }

        public void Pass(int milliseconds)
        {
            var end = Now + milliseconds;
            while (_nextTick <= end)
            {
                Advance(_nextTick - Now);
                _nextTick = Now + _period;
                Tick();
            }

            Advance(end - Now);
        }

        /// <summary>The process is stopped; when it goes on, its timer is late.</summary>
        public void Stop(int milliseconds)
        {
            Advance(milliseconds);
            _nextTick = Now + _period;
            Tick();
        }

        public LivenessVerdict Probe() => _liveness.Probe();

        private void Advance(int milliseconds)
        {
            Now += milliseconds;
            _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        }

        private void Tick()
        {
            switch (_liveness.Tick())
            {
                case LivenessVerdict.Ping:
                    Pings.Add(Now);
                    break;
                case LivenessVerdict.Dead:
                    Died ??= Now;
                    break;
            }
        }
    }
}
