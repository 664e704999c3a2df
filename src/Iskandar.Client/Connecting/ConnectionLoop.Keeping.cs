using Iskandar.Protocol.Connections;

namespace Iskandar.Client.Connecting;

/// <content>One connection, from its first WebSocket to its last.</content>
internal sealed partial class ConnectionLoop
{
    // Longer than a server waits for what is in flight on a connection whose name another has taken.
    private static readonly TimeSpan MostToFinish = TimeSpan.FromSeconds(10);

    private Task<bool> KeepAsync(IClientConnection connection, IExchangeHandler handler, CancellationToken stop)
    {
        var keeping = KeepToTheEndAsync(connection, handler, stop);
        lock (_gate)
        {
            _keeping.Add(keeping);
        }

        return keeping;
    }

    // The server opens no more exchanges, and closes when those in flight are done.
    private async Task FinishAsync(Task keeping, CancellationToken stop)
    {
        try
        {
            await keeping.WaitAsync(MostToFinish, _options.TimeProvider, stop).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Then they are cut.
        }
    }

    // 1 run until the WebSocket ends; 2 resume the link, if there is one; again, until it can't be resumed or is closed. True: the connection was a good one.
    private async Task<bool> KeepToTheEndAsync(IClientConnection connection, IExchangeHandler handler, CancellationToken stop)
    {
        await using (connection.ConfigureAwait(false))
        {
            var delay = new ReconnectDelay(_options.MaxReconnectDelay, Random.Shared);
            bool isGood, isResumed;
            do
            {
                // 1: not the stop token, for stopping closes the connection in its own order.
                var started = _options.TimeProvider.GetTimestamp();
                var reason = await connection.RunAsync(handler, CancellationToken.None).ConfigureAwait(false);
                Log.ConnectionEnded(_logger, reason);
                if (connection == _current)
                {
                    _lostAt ??= _options.TimeProvider.GetTimestamp();
                }

                // 2
                isGood = connection.HasReceived || _options.TimeProvider.GetElapsedTime(started) >= GoodConnection;
                isResumed = connection.Resumption is not null && await TryResumeAsync(connection, delay, reason, isGood, stop).ConfigureAwait(false);
            }
            while (isResumed);
            connection.GiveUp();
            Remove(connection);
            return isGood;
        }
    }

    private async Task<bool> TryResumeAsync(IClientConnection connection, ReconnectDelay delay, string reason, bool isGood, CancellationToken stop)
    {
        var isShown = connection == _current;
        var problem = reason;
        TimeSpan? atLeast = null;
        var seen = _wakeUp.Version;
        try
        {
            if (isGood)
            {
                delay.Reset();
                if (isShown)
                {
                    Report(new TunnelStatus(TunnelState.Waiting, Problem: reason, RetryIn: TimeSpan.Zero));
                }
            }

            for (var waits = !isGood; connection.Resumption is not null; waits = true)
            {
                if (waits && !await TryWaitAsync(delay, problem, atLeast, seen, isShown, stop).ConfigureAwait(false))
                {
                    return false;
                }

                seen = _wakeUp.Version;
                var result = await _dialer.DialAsync(name: null, connection, stop).ConfigureAwait(false);
                if (result.Connection == connection)
                {
                    Log.Resumed(_logger);
                    if (isShown)
                    {
                        ReportOnline(connection);
                    }

                    return true;
                }

                if (result.Connection is { } another)
                {
                    // A server that knows nothing of links has opened a new tunnel: that is the next connection.
                    await UseNextAsync(another).ConfigureAwait(false);
                    return false;
                }

                if (result.IsFinal && result.IsFromServer)
                {
                    return false;
                }

                (problem, atLeast) = (result.Problem!, result.RetryAfter);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Then the link goes as well.
        }

        return false;
    }

    private async ValueTask UseNextAsync(IClientConnection connection)
    {
        if (Interlocked.Exchange(ref _spare, connection) is { } unused)
        {
            await unused.DisposeAsync().ConfigureAwait(false);
        }
    }
}
