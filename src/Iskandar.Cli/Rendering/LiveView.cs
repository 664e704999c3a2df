using System.Globalization;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Iskandar.Cli.Configuration;
using Iskandar.Client;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Iskandar.Cli.Rendering;

/// <summary>For a person at a terminal: one picture, drawn again when something has changed, but not more than eight times a second.</summary>
internal sealed class LiveView : ITunnelView
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(125);

    private readonly IAnsiConsole _console;
    private readonly TimeProvider _timeProvider;
    private readonly TunnelModel _model;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _drawing;
    private readonly PosixSignalRegistration? _resized;
    private (int Width, int Height) _size;

    // Holds at most one wish to draw. Its continuations run on the thread pool, so drawing never holds up a request.
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public LiveView(IAnsiConsole console, OriginSettings upstream, TimeProvider timeProvider)
    {
        _console = console;
        _timeProvider = timeProvider;
        _model = new TunnelModel(upstream.Origin, upstream.IsUnverified);
        _size = (console.Profile.Width, console.Profile.Height);
        AppDomain.CurrentDomain.ProcessExit += ShowCursor;
        _resized = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Changed());
        _drawing = Task.Run(DrawAsync);
    }

    public void StatusChanged(TunnelStatus status)
    {
        _model.StatusChanged(status);
        Changed();
    }

    public void RequestStarted()
    {
        _model.RequestStarted();
        Changed();
    }

    public void RequestFinished(RequestEntry request)
    {
        _model.RequestFinished(request);
        Changed();
    }

    public void Notice(string text)
    {
        _model.Notice(text);
        Changed();
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _drawing;
        AppDomain.CurrentDomain.ProcessExit -= ShowCursor;
        _resized?.Dispose();
        _ended.Dispose();
        var last = _model.Snapshot();
        if (last.PublicUrl is { } url)
        {
            _console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{LineView.Url(url)} is closed: {last.Total:N0} {(last.Total == 1 ? "request" : "requests")}, {last.Failed:N0} failed."));
        }
    }

    private void Changed() => _changes.Writer.TryWrite(true);

    private async Task DrawAsync()
    {
        // Without AutoClear(false) the picture would vanish at the end; what was served last stays readable.
        await _console.Live(Draw()).AutoClear(false).StartAsync(async live =>
        {
            live.Refresh();
            while (!_ended.IsCancellationRequested)
            {
                await NextAsync();
                if (SizeChanged())
                {
                    // The lines drawn before may have wrapped: where the picture began can't be told any more.
                    _console.Clear();
                }

                live.UpdateTarget(Draw());
            }
        });
    }

    /// <summary>Waits for the next change, and a little longer; returns at once when it is over.</summary>
    private async Task NextAsync()
    {
        try
        {
            await _changes.Reader.WaitToReadAsync(_ended.Token);
            await Task.Delay(Pause, _timeProvider, _ended.Token);
            _changes.Reader.TryRead(out _);
        }
        catch (OperationCanceledException)
        {
            // One last picture, and out.
        }
    }

    private bool SizeChanged()
    {
        var before = _size;
        _size = (_console.Profile.Width, _console.Profile.Height);
        return _size != before;
    }

    private IRenderable Draw() => TunnelScreen.Draw(_model.Snapshot(), _size.Width, _size.Height);

    // The way out of a second Ctrl+C, which waits for nobody.
    private void ShowCursor(object? sender, EventArgs arguments) => _console.Cursor.Show();
}
