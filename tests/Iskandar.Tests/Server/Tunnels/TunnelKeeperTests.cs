using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Server.Tunnels;

public sealed class TunnelKeeperTests
{
    [Fact]
    public async Task Sweep_TimeOfAnExchangeIsUp_VisitorAndClientAreTold()
    {
        await using var server = await InMemoryServer.StartAsync(static options => options.HeadTimeout = TimeSpan.FromSeconds(10));
        var (peer, url) = await server.OpenTunnelAsync("cancel");
        var visit = server.Visitor.GetAsync(url, Bounded.Token);
        var id = await peer.RequestAsync();

        server.Time.Advance(TimeSpan.FromSeconds(11));

        using var response = await visit.Within();
        Assert.Equal((504, "response_timeout"), ((int)response.StatusCode, Assert.Single(response.Headers.GetValues("Iskandar-Error"))));
        Assert.Equal(id, (string)(await peer.MessageAsync("cancel"))["id"]!);
    }

    [Fact]
    public async Task Sweep_TimeIsNotUp_ExchangeGoesOn()
    {
        await using var server = await InMemoryServer.StartAsync(static options => options.HeadTimeout = TimeSpan.FromSeconds(10));
        var (peer, url) = await server.OpenTunnelAsync("cancel");
        var visit = server.Visitor.GetStringAsync(url, Bounded.Token);
        var id = await peer.RequestAsync();

        server.Time.Advance(TimeSpan.FromSeconds(9));
        await peer.RespondAsync(id, 200, "in time", done: true);

        Assert.Equal("in time", await visit.Within());
    }
}
