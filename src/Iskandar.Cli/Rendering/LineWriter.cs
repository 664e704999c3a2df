using System.Globalization;
using System.Threading.Channels;

namespace Iskandar.Cli.Rendering;

/// <summary>
/// Writes lines to standard output and standard error, in order, without ever making the caller wait: whoever reads them may be slow, or gone.
/// </summary>
internal sealed class LineWriter : IAsyncDisposable
{
    private const int Capacity = 8192;
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly Channel<(bool IsError, string Text)> _lines = Channel.CreateBounded<(bool, string)>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, AllowSynchronousContinuations = false });

    private readonly TextWriter _output;
    private readonly TextWriter _error;
    private readonly TimeProvider _timeProvider;
    private readonly Task _writing;
    private bool _outputBroken;
    private bool _errorBroken;
    private int _dropped;

    /// <summary>Starts to write. The writers are flushed whenever nothing more is waiting.</summary>
    public LineWriter(TextWriter output, TextWriter error, TimeProvider timeProvider)
    {
        _output = output;
        _error = error;
        _timeProvider = timeProvider;
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>A writer on the process's own standard output and error.</summary>
    public static LineWriter ForConsole(TimeProvider timeProvider) => new(
        new StreamWriter(Console.OpenStandardOutput()), new StreamWriter(Console.OpenStandardError()), timeProvider);

    /// <summary>Writes a line to standard output.</summary>
    public void Output(string text) => Add((false, text));

    /// <summary>Writes a line to standard error.</summary>
    public void Error(string text) => Add((true, text));

    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        try
        {
            await _writing.WaitAsync(LastWords, _timeProvider);
        }
        catch (TimeoutException)
        {
            // Nobody reads: what is left would keep the process for ever.
        }
    }

    private void Add((bool, string) line)
    {
        if (!_lines.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    private async Task WriteAsync()
    {
        while (await _lines.Reader.WaitToReadAsync())
        {
            while (_lines.Reader.TryRead(out var line))
            {
                if (line.IsError)
                {
                    _errorBroken = _errorBroken || !await TryAsync(() => _error.WriteLineAsync(line.Text));
                }
                else
                {
                    _outputBroken = _outputBroken || !await TryAsync(() => _output.WriteLineAsync(line.Text));
                }
            }

            if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
            {
                var text = string.Create(CultureInfo.InvariantCulture, $"{dropped} lines left out: the output is not read fast enough.");
                _errorBroken = _errorBroken || !await TryAsync(() => _error.WriteLineAsync(text));
            }

            _outputBroken = _outputBroken || !await TryAsync(() => _output.FlushAsync());
            _errorBroken = _errorBroken || !await TryAsync(() => _error.FlushAsync());
        }
    }

    private static async Task<bool> TryAsync(Func<Task> write)
    {
        try
        {
            await write();
            return true;
        }
        catch (IOException)
        {
            // The reader is gone. The tunnel goes on without it.
            return false;
        }
    }
}
