using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>How many exchanges there may be, and the end of a connection, as the server's end sees it.</summary>
public sealed class FrameGatewayEndTests
{
    [Fact]
    public async Task Drain_NothingInFlight_GoAwayAndClosedWith1001()
    {
        await using var stage = await FrameGatewayStage.StartAsync();

        var drained = stage.Connection.DrainAsync(CancellationToken.None);

        Assert.Equal((0u, ErrorCode.Stopping), await GoAwayAsync(stage));
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, await stage.Client.CloseFrameAsync());
        await stage.Client.CloseAsync(WebSocketCloseStatus.EndpointUnavailable);
        await drained.Within();
        await stage.Running.Within();
    }

    [Fact]
    public async Task Drain_ExchangesInFlight_WaitsForAllOfThem()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (first, firstStream) = await stage.RequestAsync();
        var (second, secondStream) = await stage.RequestAsync(end: false);

        var drained = stage.Connection.DrainAsync(CancellationToken.None);

        Assert.Equal((2u, ErrorCode.Stopping), await GoAwayAsync(stage));
        Assert.Equal(ExchangeError.ServerStopping, stage.Connection.TryOpen(out _));
        await FrameGatewayStage.SendAsync(second, "the rest"u8.ToArray());
        await second.EndContentAsync(null, Bounded.Token);
        Assert.Equal(8, (await stage.Client.DataAsync(secondStream)).Length);
        foreach (var (exchange, stream) in ((IGatewayExchange, uint)[])[(second, secondStream), (first, firstStream)])
        {
            await stage.Client.SendAsync(FrameBytes.Response(stream), FrameBytes.Data(stream, "finished", end: true));
            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.Equal("finished", await FrameGatewayStage.ReadAllAsync(exchange));
            Assert.False(drained.IsCompleted);
            exchange.Dispose();
        }

        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, await stage.Client.CloseFrameAsync());
        await stage.Client.CloseAsync(WebSocketCloseStatus.EndpointUnavailable);
        await drained.Within();
    }

    [Fact]
    public async Task Drain_RequestNotSentYet_StillGoesOut()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var exchange = stage.Open();
        var drained = stage.Connection.DrainAsync(CancellationToken.None);
        await GoAwayAsync(stage);

        exchange.SendHead(endOfRequest: true, upgrade: false);

        var stream = (await stage.Client.FrameAsync(FrameType.Request)).Stream;
        await stage.Client.SendAsync(FrameBytes.Response(stream, 204, end: true));
        Assert.True(await exchange.ReadHeadAsync().Within());
        exchange.Dispose();
        await stage.Client.CloseFrameAsync();
        await stage.Client.CloseAsync();
        await drained.Within();
    }

    [Fact]
    public async Task Drain_DeadlineFires_ExchangesInFlightAreGivenUp()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, _) = await stage.RequestAsync();
        using (exchange)
        {
            using var deadline = new CancellationTokenSource();
            var drained = stage.Connection.DrainAsync(deadline.Token);
            await GoAwayAsync(stage);

            await deadline.CancelAsync();

            Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, await stage.Client.CloseFrameAsync());
            await stage.Client.CloseAsync(WebSocketCloseStatus.EndpointUnavailable);
            await drained.Within();
            Assert.False(await exchange.ReadHeadAsync().Within());
            Assert.Equal(ExchangeError.TunnelLost, exchange.Error);
        }
    }

    [Fact]
    public async Task Drain_LinkIsLostMeanwhile_IsNotWaitedFor()
    {
        await using var stage = FrameGatewayStage.Create(
            static time => new GatewayConnectionOptions { TimeProvider = time, Accepted = OptionalMessages.Resume, Keep = TimeSpan.FromMinutes(1) });
        stage.Run();
        await stage.Client.TextAsync();
        var drained = stage.Connection.DrainAsync(CancellationToken.None);
        await GoAwayAsync(stage);
        Assert.False(drained.IsCompleted);

        stage.Client.Socket.Abort();

        await drained.Within();
        Assert.True(stage.Connection.IsOver);
    }

    [Fact]
    public async Task Drain_ClientDoesNotAnswerTheClose_AbortedAfterAWhile()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var drained = stage.Connection.DrainAsync(CancellationToken.None);
        await GoAwayAsync(stage);
        await stage.Client.CloseFrameAsync();
        Assert.False(drained.IsCompleted);

        stage.Time.Advance(TimeSpan.FromSeconds(2));

        await drained.Within();
        await stage.Running.Within();
    }

    [Fact]
    public async Task Drain_ConnectionLostAlready_StaysLost()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        stage.Client.Socket.Abort();
        await stage.Running.Within();

        await stage.Connection.DrainAsync(CancellationToken.None).Within();

        // An exchange that was opened before must not find a connection that only stops.
        Assert.Equal(ExchangeError.TunnelLost, stage.Connection.TryOpen(out _));
    }

    [Fact]
    public async Task GoAway_FromTheClient_NoNewExchangeAndThoseInFlightFinish()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.SendAsync(
                FrameBytes.GoAway(stream, ErrorCode.TunnelClosing, "I have to go."), FrameBytes.Response(stream), FrameBytes.Data(stream, "finished", end: true));

            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.Equal(ExchangeError.TunnelClosing, stage.Connection.TryOpen(out _));
            Assert.Equal("finished", await FrameGatewayStage.ReadAllAsync(exchange));
        }

        await stage.Client.CloseAsync();
        Assert.Equal("I have to go.", await stage.Running.Within());
    }

    [Fact]
    public async Task Client_Closes_AnsweredWithAClose()
    {
        await using var stage = await FrameGatewayStage.StartAsync();

        await stage.Client.CloseAsync();

        Assert.Contains("1000", await stage.Running.Within(), StringComparison.Ordinal);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, await stage.Client.CloseFrameAsync());
    }

    [Fact]
    public async Task MaxExchanges_Reached_BusyUntilOneIsDisposed()
    {
        await using var stage = await FrameGatewayStage.StartAsync(static time => new GatewayConnectionOptions { TimeProvider = time, MaxExchanges = 2 });
        var (first, firstStream) = await stage.RequestAsync();
        var unsent = stage.Open();
        Assert.Equal((ExchangeError.TunnelBusy, 2), (stage.Connection.TryOpen(out var none), stage.Connection.ActiveExchanges));
        Assert.Null(none);

        // Complete is not yet gone.
        await stage.Client.SendAsync(FrameBytes.Response(firstStream, end: true));
        Assert.True(await first.ReadHeadAsync().Within());
        Assert.Equal(ExchangeError.TunnelBusy, stage.Connection.TryOpen(out _));

        first.Dispose();
        var third = stage.Open();
        unsent.Dispose();
        third.Dispose();
        await stage.StillServesAsync();
    }

    [Fact]
    public async Task ClientTakesNothing_HeadsArePending_NoNewExchangeLongBeforeTheConnectionBreaks()
    {
        await using var stage = await FrameGatewayStage.StartAsync(capacity: 64 * 1024);
        var value = new string('x', 60_000);
        var refusal = ExchangeError.None;
        var opened = 0;
        for (; opened < 200; opened++)
        {
            // Visitors that come and go.
            refusal = stage.Connection.TryOpen(out var exchange);
            if (exchange is null)
            {
                break;
            }

            using (exchange)
            {
                (exchange.Request.Method, exchange.Request.Target) = ("GET", "/");
                exchange.Request.Fields.Add("X-Large", value);
                exchange.SendHead(endOfRequest: true, upgrade: false);
                Assert.Equal(ExchangeError.None, exchange.Error);
            }
        }

        Assert.Equal(ExchangeError.TunnelBusy, refusal);
        for (var i = 0; i < opened; i++)
        {
            await stage.Client.FrameAsync(FrameType.Request);
            await stage.Client.FrameAsync(FrameType.Reset);
        }

        await stage.StillServesAsync();
    }

    [Fact]
    public async Task ClientTakesNothing_ContentIsPending_NewExchangesAllTheSame()
    {
        await using var stage = await FrameGatewayStage.StartAsync(capacity: 64 * 1024);
        await stage.FillAsync();

        // An upload that fills the link is nothing unusual.
        stage.Open().Dispose();
    }

    private static async Task<(uint Last, ErrorCode Code)> GoAwayAsync(FrameGatewayStage stage)
    {
        var frame = await stage.Client.FrameAsync(FrameType.GoAway);
        return (frame.GoAway.LastStream, frame.GoAway.Code);
    }
}
