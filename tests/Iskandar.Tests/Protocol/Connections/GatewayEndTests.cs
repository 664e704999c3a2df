using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Connections;

/// <summary>The end of a connection, as the server's end sees it.</summary>
public sealed class GatewayEndTests
{
    public static TheoryData<string> Ends => new("lost", "closed", "stopped");

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Connection_EndsAnyhow_AllExchangesFailWithTunnelLost(string end)
    {
        await using var stage = await GatewayStage.StartAsync();
        var (begun, id) = await stage.RequestAsync();
        var (waiting, _) = await stage.RequestAsync();
        var unsent = stage.Open();
        await stage.Client.RespondAsync(id, 200, "part");
        Assert.True(await begun.ReadHeadAsync().Within());
        var failed = GatewayStage.FailedAsync(begun);

        await EndAsync(stage, end);

        Assert.NotEqual("", await stage.Running.Within());
        await failed;
        Assert.Equal("part", await GatewayStage.ReadAllAsync(begun));
        Assert.False(await waiting.ReadHeadAsync().Within());
        Assert.False(await unsent.ReadHeadAsync().Within());
        foreach (var exchange in (IGatewayExchange[])[begun, waiting, unsent])
        {
            Assert.Equal((ExchangeError.TunnelLost, 502), (exchange.Error, exchange.ErrorStatus));
            exchange.Dispose();
        }

        Assert.Equal(0, stage.Connection.ActiveExchanges);
        Assert.Equal(ExchangeError.TunnelLost, stage.Connection.TryOpen(out _));
    }

    [Fact]
    public async Task Connection_Lost_CompleteResponseIsStillWhole()
    {
        await using var stage = await GatewayStage.StartAsync();
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.RespondAsync(id, 200, "all", done: true);
            Assert.True(await exchange.ReadHeadAsync().Within());

            stage.Client.Socket.Abort();
            await stage.Running.Within();

            Assert.Equal("all", await GatewayStage.ReadAllAsync(exchange));
            Assert.Equal(ExchangeError.None, exchange.Error);
        }
    }

    [Fact]
    public async Task Client_Closes_AnsweredWithAClose()
    {
        await using var stage = await GatewayStage.StartAsync();

        await stage.Client.CloseAsync();

        Assert.Contains("1000", await stage.Running.Within(), StringComparison.Ordinal);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, await stage.Client.CloseFrameAsync());
    }

    [Fact]
    public async Task Drain_NothingInFlight_ClosesWith1001()
    {
        await using var stage = await GatewayStage.StartAsync();

        var drained = stage.Connection.DrainAsync(CancellationToken.None);

        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, await stage.Client.CloseFrameAsync());
        await stage.Client.CloseAsync(WebSocketCloseStatus.EndpointUnavailable);
        await drained.Within();
        await stage.Running.Within();
    }

    [Fact]
    public async Task Drain_ExchangesInFlight_WaitsForAllOfThem()
    {
        await using var stage = await GatewayStage.StartAsync();
        var (first, firstId) = await stage.RequestAsync();
        var (second, secondId) = await stage.RequestAsync();

        var drained = stage.Connection.DrainAsync(CancellationToken.None);

        Assert.Equal(ExchangeError.ServerStopping, stage.Connection.TryOpen(out _));
        var closing = stage.Client.CloseFrameAsync();
        foreach (var (exchange, id) in ((IGatewayExchange, string)[])[(second, secondId), (first, firstId)])
        {
            Assert.False(closing.IsCompleted);
            await stage.Client.RespondAsync(id, 200, "finished", done: true);
            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.Equal("finished", await GatewayStage.ReadAllAsync(exchange));
            Assert.False(drained.IsCompleted);
            exchange.Dispose();
        }

        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, await closing);
        await stage.Client.CloseAsync(WebSocketCloseStatus.EndpointUnavailable);
        await drained.Within();
    }

    [Fact]
    public async Task Drain_DeadlineFires_ExchangesInFlightAreGivenUp()
    {
        await using var stage = await GatewayStage.StartAsync();
        var (exchange, _) = await stage.RequestAsync();
        using (exchange)
        {
            using var deadline = new CancellationTokenSource();
            var drained = stage.Connection.DrainAsync(deadline.Token);

            await deadline.CancelAsync();

            Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, await stage.Client.CloseFrameAsync());
            await stage.Client.CloseAsync(WebSocketCloseStatus.EndpointUnavailable);
            await drained.Within();
            Assert.False(await exchange.ReadHeadAsync().Within());
            Assert.Equal(ExchangeError.TunnelLost, exchange.Error);
        }
    }

    [Fact]
    public async Task Drain_ClientDoesNotAnswerTheClose_AbortedAfterAWhile()
    {
        await using var stage = await GatewayStage.StartAsync();
        var drained = stage.Connection.DrainAsync(CancellationToken.None);
        await stage.Client.CloseFrameAsync();
        Assert.False(drained.IsCompleted);

        stage.Time.Advance(TimeSpan.FromSeconds(2));

        await drained.Within();
        await stage.Running.Within();
    }

    private static async Task EndAsync(GatewayStage stage, string end)
    {
        switch (end)
        {
            case "lost":
                stage.Client.Socket.Abort();
                break;
            case "closed":
                await stage.Client.CloseAsync();
                break;
            default:
                await stage.Stop.CancelAsync();
                break;
        }
    }
}
