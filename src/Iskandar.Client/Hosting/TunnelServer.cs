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
    private readonly IskandarClientOptions _options;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger<TunnelServer> _logger;
    private readonly ConnectionLoop _loop;
    private readonly ServerAddressesFeature _addresses = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ExchangeTracker _tracker = new();
    private Task? _running;

    public TunnelServer(IOptions<IskandarClientOptions> options, IHostApplicationLifetime lifetime, ILogger<TunnelServer> logger)
    {
        _options = options.Value;
        _lifetime = lifetime;
        _logger = logger;
        _loop = new ConnectionLoop(_options, new SystemNetworkChanges(), logger)
        {
            Opened = url =>
            {
                _addresses.Addresses.Clear();
                _addresses.Addresses.Add(url.GetLeftPart(UriPartial.Authority));
            },
        };
        Features.Set<IServerAddressesFeature>(_addresses);
    }

    public IFeatureCollection Features { get; } = new FeatureCollection();

    public async Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        var handler = new ExchangeHandler<TContext>(application, _tracker, _logger, _options.RunInline);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        var connection = await _loop.ConnectAsync(either.Token).ConfigureAwait(false);
        _running = RunAsync(connection, handler);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_running is { IsCompleted: false })
        {
            Report(new TunnelStatus(TunnelState.Stopping));
        }

        _loop.StopAccepting();
        await DrainAsync(cancellationToken).ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.CloseAsync(cancellationToken).ConfigureAwait(false);
        await (_running ?? Task.CompletedTask).ConfigureAwait(false);

        // They have been cancelled; those that don't care are left behind when the time is up.
        await DrainAsync(cancellationToken).ConfigureAwait(false);
        Report(new TunnelStatus(TunnelState.Stopped));
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _loop.Dispose();
    }

    private async Task RunAsync(IClientConnection connection, IExchangeHandler handler)
    {
        try
        {
            await _loop.RunAsync(connection, handler, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            // Either way there is no tunnel any more, and an app without one must not seem to run.
            if (fault is TunnelRefusedException or TimeoutException)
            {
                Log.Refused(_logger, fault.Message);
            }
            else
            {
                Log.Ended(_logger, fault);
            }

            Report(new TunnelStatus(TunnelState.Stopped, Problem: fault.Message) { IsRefused = fault is TunnelRefusedException });
            _lifetime.StopApplication();
        }
    }

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _tracker.DrainAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Log.DrainTimedOut(_logger, _tracker.Count);
        }
    }

    private void Report(TunnelStatus status) => _options.StatusChanged?.Invoke(status);
}
