using Iskandar.Server.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Iskandar.Server.Tunnels;

/// <summary>
/// One sweep a second over all exchanges for those whose time is up, instead of a timer for each; and the drain when the server stops, before it stops
/// listening, so that visitors and load balancers are told.
/// </summary>
internal sealed class TunnelKeeper(TunnelRegistry registry, IOptions<IskandarServerOptions> options, TimeProvider time) : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.Value.DrainTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        await registry.DrainAsync(either.Token);
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var tunnel in registry.Tunnels)
            {
                if (tunnel.Connection is not { } connection)
                {
                    continue;
                }

                connection.EnforceDeadlines();
                if (connection.IsOver)
                {
                    // A link that nobody has resumed. Of any other, who serves it takes care as well; that changes nothing.
                    registry.Release(tunnel);
                    await connection.DisposeAsync();
                }
            }
        }
    }
}
