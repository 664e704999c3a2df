using Microsoft.Extensions.Hosting;

namespace Iskandar.Cli.Commands;

/// <summary>The commands listen to signals themselves, see <see cref="StopSignals"/>; the host shall not.</summary>
internal sealed class NoHostLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
