using System.Text;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>Which protocols visitors' connections may change to.</summary>
public class UpgradeListTests(Stage stage)
{
    [Theory]
    [InlineData("h2c")]
    [InlineData("echo/1")]
    public async Task Upgrade_NotListed_IsAsGoodAsAbsent(string protocol)
    {
        var path = $"/upgrade-not-listed-{protocol}";
        await using var raw = await stage.Server.ConnectAsync();

        await raw.SendRequestAsync("GET", path, stage.Host, "Connection: Upgrade, HTTP2-Settings", $"Upgrade: {protocol}", "HTTP2-Settings: AAMAAABkAAQAAP__");
        var response = await raw.ReadResponseAsync();

        Assert.Equal((200, "origin"), (response.Status, Encoding.ASCII.GetString(response.Body)));
        var request = Assert.Single(stage.Origin.Requests, request => request.Target == path);
        Assert.Equal((null, null), (request["Upgrade"], request["HTTP2-Settings"]));
    }

    [Fact]
    public async Task Upgrade_Listed_BytesBothWays()
    {
        await using var origin = await TestOrigin.StartAsync();
        origin.Map("/echo", static async context =>
        {
            Assert.Equal("echo/1", context.Request.Headers.Upgrade.ToString());
            context.Response.Headers.Upgrade = "echo/1";
            await using var app = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            await app.CopyToAsync(app, context.RequestAborted);
        });
        await using var server = await IskandarServer.StartAsync("--upgrades", "echo/1,other");
        await using var client = await IskandarClient.StartAsync(server, origin.Port);
        await using var raw = await server.ConnectAsync();

        await raw.SendRequestAsync("GET", "/echo", client.Url.Authority, "Connection: Upgrade", "Upgrade: websocket, Echo/1");

        var head = await raw.ReadHeadAsync();
        Assert.Equal((101, "echo/1"), (head.Status, head["Upgrade"]));
        await raw.SendAsync("hello\0");
        Assert.Equal("hello\0", Encoding.ASCII.GetString(await raw.ReadExactlyAsync(6)));
    }

    [Fact]
    public async Task Upgrade_AppChangesToAnotherProtocol_OriginInvalid()
    {
        stage.Origin.Map("/upgrade-other", static async context =>
        {
            context.Response.Headers.Upgrade = "other";
            await using var app = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        });
        await using var raw = await stage.Server.ConnectAsync();

        await raw.SendRequestAsync("GET", "/upgrade-other", stage.Host, "Connection: Upgrade", "Upgrade: websocket");

        Expect.Error(await raw.ReadHeadAsync(), 502, "origin_invalid");
    }
}
