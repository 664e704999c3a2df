using System.Diagnostics.CodeAnalysis;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Server.Configuration;
using Iskandar.Server.Gateway;
using Iskandar.Tests.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Iskandar.Tests.Server.Gateway;

/// <summary>A tunnel that carries everything and has no connection: one exchange, whose other side is the test's.</summary>
internal sealed class FakeTunnel : IGatewayConnection
{
    /// <summary>The exchange that is opened.</summary>
    public FakeGatewayExchange Exchange { get; } = new();

    public int ActiveExchanges => Exchange.Disposed.IsCompleted ? 0 : 1;

    public long MaxRequestContent => long.MaxValue;

    public bool CanUpgrade => true;

    public bool CanExpect => true;

    public Task<string> RunAsync(Registration registration, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ExchangeError TryOpen([NotNullWhen(true)] out IGatewayExchange? exchange)
    {
        exchange = Exchange;
        return ExchangeError.None;
    }

    public void EnforceDeadlines()
    {
    }

    public bool IsOver => false;

    public Task DisplaceAsync(CancellationToken deadline) => Task.CompletedTask;

    public Task DrainAsync(CancellationToken deadline) => Task.CompletedTask;

    /// <summary>A visit through a gateway to this tunnel.</summary>
    public Task VisitAsync(Visitor visitor, TimeProvider? time = null, IskandarServerOptions? options = null) =>
        new TunnelGateway(Options.Create(options ?? new IskandarServerOptions()), time ?? TimeProvider.System, NullLogger<TunnelGateway>.Instance)
            .HandleAsync(visitor.Context, this);

    /// <summary>Whatever came of it, the gateway must have given the exchange back.</summary>
    public ValueTask DisposeAsync() => new(Exchange.Disposed.Within());
}
