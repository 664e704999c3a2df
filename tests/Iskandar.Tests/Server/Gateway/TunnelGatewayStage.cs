using Iskandar.Protocol.Connections;
using Iskandar.Server.Configuration;
using Iskandar.Server.Gateway;
using Iskandar.Tests.Infrastructure;
using Iskandar.Tests.Protocol.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Server.Gateway;

/// <summary>The gateway between a visitor without a server and a client by hand.</summary>
internal sealed class TunnelGatewayStage(GatewayStage tunnel) : IAsyncDisposable
{
    private readonly TunnelGateway _gateway = new(Options.Create(new IskandarServerOptions()), tunnel.Time, NullLogger<TunnelGateway>.Instance);

    public GatewayStage Tunnel => tunnel;

    public JsonPeer Client => tunnel.Client;

    public static async Task<TunnelGatewayStage> StartAsync(Func<FakeTimeProvider, GatewayConnectionOptions>? options = null) =>
        new(options is null ? await GatewayStage.StartAsync(OptionalMessages.Cancel) : await GatewayStage.StartAsync(options));

    public Task VisitAsync(Visitor visitor) => _gateway.HandleAsync(visitor.Context, tunnel.Connection);

    /// <summary>A visit whose response the client gives in one message, to be completed with the id.</summary>
    public async Task AnswerAsync(Visitor visitor, string response)
    {
        var visit = VisitAsync(visitor);
        var id = await Client.RequestAsync();
        await Client.SendAsync(response.Replace("ID", id, StringComparison.Ordinal));
        await visit.Within();
        Assert.Equal(0, tunnel.Connection.ActiveExchanges);
    }

    public ValueTask DisposeAsync() => tunnel.DisposeAsync();
}
