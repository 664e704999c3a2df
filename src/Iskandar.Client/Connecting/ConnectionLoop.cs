using Iskandar.Protocol.Connections;
using Microsoft.Extensions.Logging;

namespace Iskandar.Client.Connecting;

/// <summary>
/// Keeps a tunnel up: opens one connection after the other, resumes the link of one that is lost, and opens the next before it leaves one whose server goes away.
/// </summary>
internal sealed partial class ConnectionLoop : IDisposable
{
    // A connection that lasted this long was a good one, even if nothing came: the next attempt is made at once.
    private static readonly TimeSpan GoodConnection = TimeSpan.FromSeconds(5);

    // Visitors may still be sent to the server that goes away when the other has the tunnel already.
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(1);

    private readonly IskandarClientOptions _options;
    private readonly ILogger _logger;
    private readonly TunnelDialer _dialer;
    private readonly ReconnectDelay _delay;
    private readonly WakeUp _wakeUp;
    private readonly ITimer _sweep;
    private readonly Lock _gate = new();
    private readonly List<IClientConnection> _live = [];
    private readonly List<Task> _keeping = [];
    private IClientConnection? _current;
    private IClientConnection? _spare;
    private KeptName? _name;
    private long? _lostAt;
    private long _openedAt;
    private bool _stopping;

    public ConnectionLoop(IskandarClientOptions options, INetworkChanges network, ILogger logger)
    {
        _options = options;
        _logger = logger;
        _name = options.KeptName;
        _dialer = new TunnelDialer(options);
        _delay = new ReconnectDelay(options.MaxReconnectDelay, Random.Shared);
        _wakeUp = new WakeUp(options.TimeProvider, network, Probe);
        _sweep = options.TimeProvider.CreateTimer(static loop => ((ConnectionLoop)loop!).Sweep(), this, SweepPeriod, SweepPeriod);
    }

    /// <summary>Told of the public URL of each connection.</summary>
    public Action<Uri>? Opened { get; init; }

    /// <summary>Opens the first connection.</summary>
    /// <param name="cancellationToken">Ends the attempts.</param>
    /// <exception cref="TunnelRefusedException">Asking again would not help.</exception>
    public Task<IClientConnection> ConnectAsync(CancellationToken cancellationToken) => ConnectAsync(failed: null, isFirst: true, cancellationToken);

    /// <summary>Keeps the tunnel up until it is stopped.</summary>
    /// <param name="connection">The first connection.</param>
    /// <param name="handler">Takes each exchange as it comes.</param>
    /// <param name="stop">Ends it, but not the connections: see <see cref="CloseAsync"/>.</param>
    /// <exception cref="TunnelRefusedException">Asking again would not help.</exception>
    /// <exception cref="TimeoutException">There was no connection for too long.</exception>
    public async Task RunAsync(IClientConnection connection, IExchangeHandler handler, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var keeping = KeepAsync(connection, handler, stop);
                var isLeaving = await connection.GoingAway.ConfigureAwait(false);
                if (connection.IsDisplaced)
                {
                    await FinishAsync(keeping, stop).ConfigureAwait(false);
                    throw new TunnelRefusedException(
                        $"Another client has taken the name {connection.Registration.Subdomain}. Stop that one, or run this one with a name of its own: --new-name on");
                }

                connection = isLeaving
                    ? await NextAsync(connection, keeping, stop).ConfigureAwait(false)
                    : await AgainAsync(await keeping.ConfigureAwait(false), stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Who stops it closes the connections as well.
        }
        catch
        {
            await CloseAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        finally
        {
            await Task.WhenAll(Keeping()).ConfigureAwait(false);
        }
    }

    /// <summary>From now on every new exchange is refused.</summary>
    public void StopAccepting()
    {
        foreach (var connection in Live(stopping: true))
        {
            connection.StopAccepting();
        }
    }

    /// <summary>Closes every connection, after what was sent before.</summary>
    /// <param name="cancellationToken">Ends the wait for the server's answers.</param>
    public Task CloseAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Live(stopping: true).Select(connection => connection.CloseAsync(cancellationToken)));

    public void Dispose()
    {
        _sweep.Dispose();
        _wakeUp.Dispose();
    }

    private async Task<IClientConnection> AgainAsync(bool wasGood, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (wasGood)
        {
            _delay.Reset();
        }
        else
        {
            await WaitAsync("the connection broke as soon as it was made", atLeast: null, _wakeUp.Version, stop).ConfigureAwait(false);
        }

        return await ConnectAsync(failed: null, isFirst: false, stop).ConfigureAwait(false);
    }

    // The next connection; meanwhile the last one, whose server only goes away, is used as before.
    private async Task<IClientConnection> NextAsync(IClientConnection last, Task<bool> keeping, CancellationToken stop)
    {
        Log.ServerGoesAway(_logger);
        if (_options.TimeProvider.GetElapsedTime(_openedAt) >= GoodConnection)
        {
            _delay.Reset();
        }
        else
        {
            // A server that takes clients only to send them away must not have them go round and round. This connection serves meanwhile.
            await TryWaitAsync(_delay, "the server goes away as soon as it is reached", atLeast: null, _wakeUp.Version, isShown: false, stop).ConfigureAwait(false);
        }

        // Without another server to go to, this one need not wait for us.
        var next = await ConnectAsync(last.StopAccepting, isFirst: false, stop).ConfigureAwait(false);
        lock (_gate)
        {
            _keeping.RemoveAll(static task => task.IsCompleted);
            _keeping.Add(LeaveAsync(last, keeping, stop));
        }

        return next;
    }

    private async Task LeaveAsync(IClientConnection connection, Task<bool> keeping, CancellationToken stop)
    {
        try
        {
            await keeping.WaitAsync(Overlap, _options.TimeProvider, stop).ConfigureAwait(false);
        }
        catch (Exception end) when (end is TimeoutException or OperationCanceledException)
        {
            connection.StopAccepting();
            await keeping.ConfigureAwait(false);
        }
    }

    private async Task<IClientConnection> ConnectAsync(Action? failed, bool isFirst, CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = _wakeUp.Version;
            if (failed is null)
            {
                Report(new TunnelStatus(TunnelState.Connecting));
            }

            var result = Interlocked.Exchange(ref _spare, null) is { } spare
                ? new DialResult(spare)
                : await _dialer.DialAsync(_name, lost: null, cancellationToken).ConfigureAwait(false);
            if (result.Connection is { } connection)
            {
                await AddAsync(connection, cancellationToken).ConfigureAwait(false);
                return connection;
            }

            failed?.Invoke();
            failed = null;
            if (result.IsNameRefused && isFirst && _name is { } name)
            {
                Log.NameLost(_logger, name.Name);
                _name = null;
                continue;
            }

            // Something else may answer for a while when a server is being replaced: only the first time does that say that the address is wrong.
            if (result.IsFinal && (isFirst || result.IsFromServer))
            {
                throw new TunnelRefusedException(result.Problem!);
            }

            await WaitAsync(result.Problem!, result.RetryAfter, seen, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task AddAsync(IClientConnection connection, CancellationToken cancellationToken)
    {
        bool isStopping;
        lock (_gate)
        {
            isStopping = _stopping;
            _live.Add(connection);
        }

        if (isStopping)
        {
            connection.StopAccepting();
        }

        if (cancellationToken.IsCancellationRequested)
        {
            await connection.CloseAsync(CancellationToken.None).ConfigureAwait(false);
            Remove(connection);
            await connection.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }

        _current = connection;
        _openedAt = _options.TimeProvider.GetTimestamp();
        if (connection.Registration is { NameKey: { } key } registration)
        {
            _name = new KeptName(registration.Subdomain, key);
            _options.NameKept?.Invoke(_name);
        }

        ReportOnline(connection);
    }

    private void ReportOnline(IClientConnection connection)
    {
        _lostAt = null;
        var url = PublicUrl.From(connection.Registration, _options.Server!);
        Opened?.Invoke(url);
        Log.Online(_logger, url.GetLeftPart(UriPartial.Authority));
        Report(new TunnelStatus(TunnelState.Online, url));
    }

    private async Task WaitAsync(string problem, TimeSpan? atLeast, long seen, CancellationToken cancellationToken)
    {
        if (!await TryWaitAsync(_delay, problem, atLeast, seen, isShown: true, cancellationToken).ConfigureAwait(false))
        {
            throw new TimeoutException($"{problem}; given up after {_options.MaxReconnectTime!.Value.TotalSeconds:0} s.");
        }
    }

    // False: there was no connection for as long as there may be none.
    private async Task<bool> TryWaitAsync(
        ReconnectDelay delay, string problem, TimeSpan? atLeast, long seen, bool isShown, CancellationToken cancellationToken)
    {
        var wait = delay.Next(atLeast);
        if (_lostAt is { } lostAt && _options.MaxReconnectTime is { } most && _options.TimeProvider.GetElapsedTime(lostAt) + wait > most)
        {
            return false;
        }

        Log.AttemptFailed(_logger, problem, wait.TotalSeconds);
        if (isShown)
        {
            Report(new TunnelStatus(TunnelState.Waiting, Problem: problem, RetryIn: wait));
        }

        await _wakeUp.WaitAsync(wait, seen, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private void Report(TunnelStatus status) => _options.StatusChanged?.Invoke(status);

    private void Sweep()
    {
        foreach (var connection in Live())
        {
            connection.Sweep();
        }
    }

    private void Probe()
    {
        foreach (var connection in Live())
        {
            connection.Probe();
        }
    }

    private void Remove(IClientConnection connection)
    {
        lock (_gate)
        {
            _live.Remove(connection);
        }
    }

    private IClientConnection[] Live(bool stopping = false)
    {
        lock (_gate)
        {
            _stopping |= stopping;
            return [.. _live];
        }
    }

    private Task[] Keeping()
    {
        lock (_gate)
        {
            return [.. _keeping];
        }
    }
}
