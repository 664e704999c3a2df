using Iskandar.Protocol.Connections;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Connections;

public sealed class GatewayDeadlineTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Head = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Head_NotInTime_ResponseTimeout()
    {
        await using var stage = await StartAsync(idle: null);
        var (exchange, _) = await stage.RequestAsync();
        using (exchange)
        {
            var head = exchange.ReadHeadAsync().AsTask();
            stage.Time.Advance(Head - Moment);
            stage.Connection.EnforceDeadlines();
            Assert.False(head.IsCompleted);

            stage.Time.Advance(Moment);
            stage.Connection.EnforceDeadlines();

            Assert.False(await head.Within());
            Assert.Equal((ExchangeError.ResponseTimeout, 504), (exchange.Error, exchange.ErrorStatus));
        }
    }

    [Fact]
    public async Task Head_RequestNotSentYet_TimeDoesNotRun()
    {
        await using var stage = await StartAsync(idle: null);
        using var exchange = stage.Open();
        exchange.SendHead(endOfRequest: false, upgrade: false);

        // A visitor that uploads slowly.
        stage.Time.Advance(Head * 3);
        stage.Connection.EnforceDeadlines();
        Assert.Equal(ExchangeError.None, exchange.Error);

        await exchange.EndContentAsync(null, Bounded.Token);
        stage.Time.Advance(Head - Moment);
        stage.Connection.EnforceDeadlines();
        Assert.Equal(ExchangeError.None, exchange.Error);
        stage.Time.Advance(Moment);
        stage.Connection.EnforceDeadlines();
        Assert.Equal(ExchangeError.ResponseTimeout, exchange.Error);
    }

    [Fact]
    public async Task Content_NoIdleLimit_MayTakeForEver()
    {
        await using var stage = await StartAsync(idle: null);
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.RespondAsync(id, 200);
            Assert.True(await exchange.ReadHeadAsync().Within());

            stage.Time.Advance(TimeSpan.FromDays(7));
            stage.Connection.EnforceDeadlines();

            await stage.Client.RespondAsync(id, body: "at last", done: true);
            Assert.Equal("at last", await GatewayStage.ReadAllAsync(exchange));
            Assert.Equal(ExchangeError.None, exchange.Error);
        }
    }

    [Fact]
    public async Task Content_IdleTooLong_BreaksOff()
    {
        await using var stage = await StartAsync(Idle);
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.RespondAsync(id, 200);
            Assert.True(await exchange.ReadHeadAsync().Within());
            for (var i = 0; i < 5; i++)
            {
                stage.Time.Advance(Idle - Moment);
                stage.Connection.EnforceDeadlines();
                await stage.Client.RespondAsync(id, body: "x");
                Assert.Equal("x", await GatewayStage.ReadNextAsync(exchange));
            }

            stage.Time.Advance(Idle);
            stage.Connection.EnforceDeadlines();

            Assert.Equal("", await GatewayStage.ReadAllAsync(exchange));
            Assert.Equal(ExchangeError.ResponseTimeout, exchange.Error);
        }
    }

    [Fact]
    public async Task Deadlines_ResponseComplete_NoneAnyMore()
    {
        await using var stage = await StartAsync(Idle);
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.RespondAsync(id, 200, "all", done: true);
            Assert.True(await exchange.ReadHeadAsync().Within());

            // A visitor that takes it slowly.
            stage.Time.Advance(TimeSpan.FromDays(1));
            stage.Connection.EnforceDeadlines();

            Assert.Equal("all", await GatewayStage.ReadAllAsync(exchange));
            Assert.Equal(ExchangeError.None, exchange.Error);
        }
    }

    [Fact]
    public async Task Deadlines_ReusedObject_StartAnew()
    {
        await using var stage = await StartAsync(Idle);
        for (var i = 0; i < 5; i++)
        {
            stage.Time.Advance(Head - Moment);
            var (exchange, _) = await stage.RequestAsync();
            stage.Time.Advance(Head - Moment);
            stage.Connection.EnforceDeadlines();
            Assert.Equal(ExchangeError.None, exchange.Error);
            exchange.Dispose();
        }
    }

    private static Task<GatewayStage> StartAsync(TimeSpan? idle) =>
        GatewayStage.StartAsync(time => new GatewayConnectionOptions { TimeProvider = time, HeadTimeout = Head, IdleTimeout = idle });
}
