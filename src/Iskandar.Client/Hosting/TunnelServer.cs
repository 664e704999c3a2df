using Iskandar.Client.Connecting;
using Iskandar.Protocol.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iskandar.Client.Hosting;

/// <summary>
/// An ASP.NET Core server whose listener is a tunnel: it dials the tunnel server, keeps dialling when the connection is lost, and makes an
/// ordinary request of each exchange.
/// </summary>
internal sealed class TunnelServer : IServer
{
    // A connection that lasted this long was a good one: the next wait is short again.
    private static readonly TimeSpan GoodConnection = TimeSpan.FromSeconds(5);

    private readonly IskandarClientOptions _options;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger<TunnelServer> _logger;
    private readonly TunnelDialer _dialer;
    private readonly ReconnectDelay _delay;
    private readonly ServerAddressesFeature _addresses = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ExchangeTracker _tracker = new();
    private IClientConnection? _connection;
    private Task _running = Task.CompletedTask;
    private volatile bool _stopping;

    public TunnelServer(IOptions<IskandarClientOptions> options, IHostApplicationLifetime lifetime, ILogger<TunnelServer> logger)
    {
        _options = options.Value;
        _lifetime = lifetime;
        _logger = logger;
        _dialer = new TunnelDialer(_options);
        _delay = new ReconnectDelay(_options.MaxReconnectDelay, Random.Shared);
        Features.Set<IServerAddressesFeature>(_addresses);
    }

    public IFeatureCollection Features { get; } = new FeatureCollection();

    public async Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        var handler = new ExchangeHandler<TContext>(application, _tracker, _logger, _options.RunInline);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        var connection = await ConnectAsync(isFirst: true, either.Token).ConfigureAwait(false);
        _running = RunAsync(connection, handler);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        var connection = Volatile.Read(ref _connection);
        if (connection is not null)
        {
            Report(new TunnelStatus(TunnelState.Stopping));
            connection.StopAccepting();
            try
            {
                await _tracker.DrainAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                Log.DrainTimedOut(_logger, _tracker.Count);
            }
        }

        await _stop.CancelAsync().ConfigureAwait(false);

        // Read again: a dial that was under way may have succeeded before the stop was seen.
        connection = Volatile.Read(ref _connection);
        if (connection is not null)
        {
            await connection.CloseAsync(cancellationToken).ConfigureAwait(false);
        }

        await _running.ConfigureAwait(false);
        try
        {
            // They have been cancelled; those that don't care are left behind when the time is up.
            await _tracker.DrainAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Log.DrainTimedOut(_logger, _tracker.Count);
        }

        Report(new TunnelStatus(TunnelState.Stopped));
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    // 1 run the connection until it ends; 2 dial until there is another; again, until stopped or refused for good.
    private async Task RunAsync(IClientConnection connection, IExchangeHandler handler)
    {
        while (true)
        {
            TimeSpan lasted;
            await using (connection.ConfigureAwait(false))
            {
                var started = _options.TimeProvider.GetTimestamp();

                // Not the stop token: stopping closes the connection in its own order.
                var reason = await connection.RunAsync(handler, CancellationToken.None).ConfigureAwait(false);
                Log.ConnectionEnded(_logger, reason);
                lasted = _options.TimeProvider.GetElapsedTime(started);
            }

            try
            {
                _stop.Token.ThrowIfCancellationRequested();
                if (lasted >= GoodConnection)
                {
                    _delay.Reset();
                }
                else
                {
                    await WaitAsync("the connection broke as soon as it was made", null, _stop.Token).ConfigureAwait(false);
                }

                connection = await ConnectAsync(isFirst: false, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception fault)
            {
                // Either way there is no tunnel any more, and an app without one must not seem to run.
                if (fault is TunnelRefusedException)
                {
                    Log.Refused(_logger, fault.Message);
                }
                else
                {
                    Log.Ended(_logger, fault);
                }

                Report(new TunnelStatus(TunnelState.Stopped, Problem: fault.Message));
                _lifetime.StopApplication();
                return;
            }
        }
    }

    private async Task<IClientConnection> ConnectAsync(bool isFirst, CancellationToken cancellationToken)
    {
        while (true)
        {
            Report(new TunnelStatus(TunnelState.Connecting));
            var result = await _dialer.DialAsync(cancellationToken).ConfigureAwait(false);
            if (result.Connection is { } connection)
            {
                Interlocked.Exchange(ref _connection, connection);
                if (_stopping)
                {
                    connection.StopAccepting();
                }

                if (cancellationToken.IsCancellationRequested)
                {
                    await connection.CloseAsync(CancellationToken.None).ConfigureAwait(false);
                    await connection.DisposeAsync().ConfigureAwait(false);
                    cancellationToken.ThrowIfCancellationRequested();
                }

                var url = PublicUrl.From(connection.Registration, _options.Server!);
                _addresses.Addresses.Clear();
                _addresses.Addresses.Add(url.GetLeftPart(UriPartial.Authority));
                Log.Online(_logger, url.GetLeftPart(UriPartial.Authority));
                Report(new TunnelStatus(TunnelState.Online, url));
                return connection;
            }

            // Something else may answer for a while when a server is being replaced: only the first time does that say that the address is wrong.
            if (result.IsFinal && (isFirst || result.IsFromServer))
            {
                throw new TunnelRefusedException(result.Problem!);
            }

            await WaitAsync(result.Problem!, result.RetryAfter, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WaitAsync(string problem, TimeSpan? atLeast, CancellationToken cancellationToken)
    {
        var wait = _delay.Next(atLeast);
        Log.AttemptFailed(_logger, problem, wait.TotalSeconds);
        Report(new TunnelStatus(TunnelState.Waiting, Problem: problem, RetryIn: wait));
        await Task.Delay(wait, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
    }

    private void Report(TunnelStatus status) => _options.StatusChanged?.Invoke(status);
}
