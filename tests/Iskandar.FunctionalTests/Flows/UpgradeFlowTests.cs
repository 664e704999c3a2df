using System.Net.WebSockets;
using Iskandar.FunctionalTests.Binary;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>WebSockets of visitors, through both real processes to the app.</summary>
public class UpgradeFlowTests(Stage stage)
{
    [Fact]
    public async Task WebSocket_MessagesAndClose_GoBothWays()
    {
        stage.Origin.Map("/websocket", static async context =>
        {
            using var app = await context.WebSockets.AcceptWebSocketAsync();
            await WebSocketEcho.RunAsync(app);
        });
        using var visitor = new ClientWebSocket();

        await visitor.ConnectAsync(new Uri($"ws://{stage.Host}/websocket"), stage.Visitor, Bounded.Token());

        await WebSocketEcho.VisitAsync(visitor);
    }

    [Fact]
    public async Task WebSocket_RefusedByTheApp_IsRefused()
    {
        stage.Origin.Map("/no-websocket", "no");
        await using var raw = await stage.Server.ConnectAsync();

        await raw.SendRequestAsync(
            "GET",
            "/no-websocket",
            stage.Host,
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");

        Assert.Equal(200, (await raw.ReadResponseAsync()).Status);
    }
}
