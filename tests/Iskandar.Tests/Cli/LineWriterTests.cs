using Iskandar.Cli.Rendering;
using Iskandar.Tests.Infrastructure;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Cli;

public sealed class LineWriterTests : IDisposable
{
    private readonly WatchedTime _time = new();
    private readonly CountingWriter _output = new();
    private readonly CountingWriter _error = new();

    [Fact]
    public async Task Lines_BehindTheFirst_GatherIntoOneFlush()
    {
        await using var writer = new LineWriter(_output, _error, _time);
        writer.Output("first");
        await _time.Waiting.Task.Within();
        Assert.Equal(1, _output.Flushes);

        for (var i = 0; i < 100; i++)
        {
            writer.Output($"{i}");
        }

        _time.Advance(LineWriter.Pause);
        await Bounded.UntilAsync(() => _output.Flushes > 1, "the other lines");
        Assert.Equal((2, 101, 0), (_output.Flushes, _output.Lines, _error.Flushes));
    }

    [Fact]
    public async Task Disposed_WhileLinesGather_WritesThemAtOnce()
    {
        var writer = new LineWriter(_output, _error, _time);
        writer.Output("first");
        await _time.Waiting.Task.Within();
        writer.Output("second");
        writer.Error("third");

        await writer.DisposeAsync().AsTask().Within();

        Assert.Equal((2, 2, 1), (_output.Flushes, _output.Lines, _error.Lines));
    }

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    private sealed class WatchedTime : FakeTimeProvider
    {
        /// <summary>Completes when somebody waits for the time to pass.</summary>
        public TaskCompletionSource Waiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime == LineWriter.Pause)
            {
                Waiting.TrySetResult();
            }

            return timer;
        }
    }

    private sealed class CountingWriter : StringWriter
    {
        private int _flushes;

        public int Flushes => Volatile.Read(ref _flushes);

        public int Lines { get; private set; }

        public override Task WriteLineAsync(string? value)
        {
            Lines++;
            return Task.CompletedTask;
        }

        public override Task FlushAsync()
        {
            Interlocked.Increment(ref _flushes);
            return Task.CompletedTask;
        }
    }
}
