using System.Globalization;
using System.Threading.Channels;

namespace Iskandar.Cli.Rendering;

/// <summary>
/// Writes lines to standard output and standard error, in order, without ever making the caller wait: whoever reads them may be slow, or gone.
/// </summary>
internal sealed class LineWriter : IAsyncDisposable
{
    private const int Capacity = 8192;
    private const int OutputBuffer = 16 * 1024;
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    /// <summary>How long lines gather behind the first: under load, waking up for each would cost more than the line.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    private readonly Channel<(bool IsError, string Text)> _lines = Channel.CreateBounded<(bool, string)>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, AllowSynchronousContinuations = false });

    private readonly Sink _output;
    private readonly Sink _error;
    private readonly TimeProvider _timeProvider;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _writing;
    private int _dropped;

    /// <summary>Starts to write. The writers are flushed after each batch of lines.</summary>
    public LineWriter(TextWriter output, TextWriter error, TimeProvider timeProvider)
    {
        _output = new Sink(output);
        _error = new Sink(error);
        _timeProvider = timeProvider;
        _writing = Task.Run(() => WriteAsync(_ending.Token));
    }

    /// <summary>A writer on the process's own standard output and error.</summary>
    public static LineWriter ForConsole(TimeProvider timeProvider) => new(
        new StreamWriter(Console.OpenStandardOutput(), bufferSize: OutputBuffer), new StreamWriter(Console.OpenStandardError()), timeProvider);

    /// <summary>Writes a line to standard output.</summary>
    public void Output(string text) => Add((false, text));

    /// <summary>Writes a line to standard error.</summary>
    public void Error(string text) => Add((true, text));

    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _ending.CancelAsync();
        try
        {
            await _writing.WaitAsync(LastWords, _timeProvider);
        }
        catch (TimeoutException)
        {
            // Nobody reads: what is left would keep the process for ever.
        }

        _ending.Dispose();
    }

    private void Add((bool, string) line)
    {
        if (!_lines.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    private async Task WriteAsync(CancellationToken ending)
    {
        while (await _lines.Reader.WaitToReadAsync(CancellationToken.None))
        {
            while (_lines.Reader.TryRead(out var line))
            {
                await (line.IsError ? _error : _output).WriteLineAsync(line.Text);
            }

            if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
            {
                await _error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{dropped} lines left out: the output is not read fast enough."));
            }

            await _output.FlushAsync();
            await _error.FlushAsync();
            await Task.Delay(Pause, _timeProvider, ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Where lines go, until nobody reads them any more. The tunnel goes on without.</summary>
    private sealed class Sink(TextWriter writer)
    {
        private bool _isBroken;
        private bool _isFlushed = true;

        public async ValueTask WriteLineAsync(string text)
        {
            if (_isBroken)
            {
                return;
            }

            try
            {
                _isFlushed = false;
                await writer.WriteLineAsync(text);
            }
            catch (IOException)
            {
                _isBroken = true;
            }
        }

        public async ValueTask FlushAsync()
        {
            if (_isBroken || _isFlushed)
            {
                return;
            }

            try
            {
                await writer.FlushAsync();
                _isFlushed = true;
            }
            catch (IOException)
            {
                _isBroken = true;
            }
        }
    }
}
