namespace Iskandar.Client.Connecting;

/// <summary>
/// Ends waits early when the world has changed meanwhile: another network, or a machine (or process) that slept. What comes more often than once a second, as when
/// containers start, is one wake-up now and one when the second is over.
/// </summary>
internal sealed class WakeUp : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    // A tick that is later than this was held up by a sleep and not by work.
    private static readonly TimeSpan Sleep = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly Action _woken;
    private readonly ITimer _timer;
    private readonly IDisposable _listening;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _version;
    private long _lastTick;
    private DateTimeOffset _lastTickUtc;
    private long _lastWakeUp;
    private bool _isDue;
    private bool _isDisposed;

    /// <summary>Begins to watch.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="network">Tells of changes of the network.</param>
    /// <param name="woken">Called with each wake-up, on any thread. Must return at once and not throw.</param>
    public WakeUp(TimeProvider time, INetworkChanges network, Action woken)
    {
        _time = time;
        _woken = woken;
        _lastTick = time.GetTimestamp();
        _lastTickUtc = time.GetUtcNow();
        _timer = time.CreateTimer(static state => ((WakeUp)state!).OnTick(), this, Period, Period);
        _listening = network.Listen(OnChange);
    }

    /// <summary>How many wake-ups there were.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>Waits for the time to pass, or for a wake-up.</summary>
    /// <param name="delay">The time.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether it was a wake-up.</returns>
    public Task<bool> WaitAsync(TimeSpan delay, CancellationToken cancellationToken) => WaitAsync(delay, Version, cancellationToken);

    /// <summary>Waits for the time to pass, or for a wake-up.</summary>
    /// <param name="delay">The time.</param>
    /// <param name="seen">A <see cref="Version"/> of earlier: with any wake-up since then, as while a dial was under way, there is no wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether it was a wake-up.</returns>
    public async Task<bool> WaitAsync(TimeSpan delay, long seen, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task next;
        lock (_gate)
        {
            if (_version != seen)
            {
                return true;
            }

            next = _next.Task;
        }

        try
        {
            await next.WaitAsync(delay, _time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Watches no more. Waits go on for the time they were to last.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        _listening.Dispose();
        _timer.Dispose();
    }

    private void OnChange() => Notice(static (self, _) => self._isDue = true);

    private void OnTick() => Notice(static (self, now) =>
    {
        // On most systems the monotonic clock stands still while the machine sleeps; a stopped process finds that both have gone on.
        var utc = self._time.GetUtcNow();
        self._isDue |= utc - self._lastTickUtc > Sleep || self._time.GetElapsedTime(self._lastTick, now) > Sleep;
        (self._lastTick, self._lastTickUtc) = (now, utc);
    });

    private void Notice(Action<WakeUp, long> look)
    {
        TaskCompletionSource ended;
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            look(this, now);
            if (_isDisposed || !_isDue || (_version > 0 && _time.GetElapsedTime(_lastWakeUp, now) < Period))
            {
                return;
            }

            _isDue = false;
            _lastWakeUp = now;
            Volatile.Write(ref _version, _version + 1);
            (ended, _next) = (_next, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        ended.SetResult();
        _woken();
    }
}
