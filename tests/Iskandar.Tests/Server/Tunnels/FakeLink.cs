using System.Diagnostics.CodeAnalysis;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;

namespace Iskandar.Tests.Server.Tunnels;

/// <summary>A connection that is there until it is told to end.</summary>
internal sealed class FakeLink : IGatewayConnection
{
    public bool IsOver { get; set; }

    public int ActiveExchanges => 0;

    public long MaxRequestContent => long.MaxValue;

    public bool CanUpgrade => true;

    public bool CanExpect => true;

    public Task<string> RunAsync(Registration registration, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ExchangeError TryOpen([NotNullWhen(true)] out IGatewayExchange? exchange)
    {
        exchange = null;
        return ExchangeError.TunnelLost;
    }

    public void EnforceDeadlines()
    {
    }

    public Task DrainAsync(CancellationToken deadline) => EndAsync();

    public Task DisplaceAsync(CancellationToken deadline) => EndAsync();

    public ValueTask DisposeAsync() => new(EndAsync());

    private Task EndAsync()
    {
        IsOver = true;
        return Task.CompletedTask;
    }
}
