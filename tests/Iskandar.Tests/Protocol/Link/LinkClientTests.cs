using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Link;

public sealed class LinkClientTests
{
    [Fact]
    public async Task Dispose_NeverRun_TheServerSeesTheEnd()
    {
        using var sockets = new InMemoryWebSockets(subprotocol: TunnelConnection.BinarySubprotocol);
        await using var gateway = TunnelConnection.ForGateway(sockets.Server, new GatewayConnectionOptions { Accepted = OptionalMessages.Resume });
        var running = gateway.RunAsync(new Registration { Subdomain = "abc123" }, CancellationToken.None);
        var client = await TunnelConnection.ForClientAsync(sockets.Client, new ClientConnectionOptions(), null, null, Bounded.Token).Within();

        await client.DisposeAsync();

        await running.Within();
        Assert.Null(client.Resumption);
    }
}
