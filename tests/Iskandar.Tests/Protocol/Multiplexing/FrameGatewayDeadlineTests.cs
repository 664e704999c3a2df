using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Multiplexing;

public sealed class FrameGatewayDeadlineTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Head = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(4);

    // Longer than either, and shorter than a client may take nothing: what was sent last may be on its way still.
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(25);

    [Fact]
    public async Task Head_NotInTime_ResponseTimeoutAndTheClientTold()
    {
        await using var stage = await StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        using (exchange)
        {
            var head = exchange.ReadHeadAsync().AsTask();
            Advance(stage, Head - Moment);
            Assert.False(head.IsCompleted);

            Advance(stage, Moment);

            Assert.False(await head.Within());
            Assert.Equal((ExchangeError.ResponseTimeout, 504), (exchange.Error, exchange.ErrorStatus));
        }

        await stage.Client.ResetAsync(stream, ErrorCode.Timeout);
    }

    [Fact]
    public async Task Head_SlowUpload_TimeRunsFromItsEnd()
    {
        await using var stage = await StartAsync();
        var (exchange, _) = await stage.RequestAsync(end: false);
        using (exchange)
        {
            Advance(stage, Long);
            await FrameGatewayStage.SendAsync(exchange, [1]);
            Advance(stage, Long);
            await exchange.EndContentAsync(null, Bounded.Token);

            Advance(stage, Head - Moment);
            Assert.Equal(ExchangeError.None, exchange.Error);
            Advance(stage, Moment);
            Assert.Equal(ExchangeError.ResponseTimeout, exchange.Error);
        }
    }

    [Fact]
    public async Task Head_CreditAfterTheEndOfTheRequest_GivesNoMoreTime()
    {
        await using var stage = await StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        using (exchange)
        {
            await exchange.EndContentAsync(null, Bounded.Token);
            Advance(stage, Head - Moment);
            await stage.Client.FrameAsync(FrameType.Data, stream);
            await stage.Client.SendAsync(FrameBytes.Credit(stream, 1));
            await stage.StillServesAsync();

            Advance(stage, Moment);

            Assert.Equal(ExchangeError.ResponseTimeout, exchange.Error);
        }
    }

    [Fact]
    public async Task Head_InformationalOnes_GiveNoMoreTime()
    {
        await using var stage = await StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        using (exchange)
        {
            Advance(stage, Head - Moment);
            await stage.Client.SendAsync(FrameBytes.Response(stream, 102));
            await stage.StillServesAsync();

            Advance(stage, Moment);

            Assert.Equal(ExchangeError.ResponseTimeout, exchange.Error);
        }
    }

    [Fact]
    public async Task Content_NeverAskedFor_ResponseTimeout()
    {
        await using var stage = await StartAsync();
        var (exchange, _) = await stage.RequestAsync(end: false);
        using (exchange)
        {
            var asked = exchange.WaitForContinueAsync();
            Advance(stage, Head - Moment);
            Assert.False(asked.IsCompleted);

            Advance(stage, Moment);

            Assert.False(await asked.Within());
            Assert.Equal(ExchangeError.ResponseTimeout, exchange.Error);
        }
    }

    [Fact]
    public async Task Content_AskedFor_MayTakeItsTime()
    {
        await using var stage = await StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        using (exchange)
        {
            var asked = exchange.WaitForContinueAsync();
            await stage.Client.SendAsync(FrameBytes.Response(stream, 100));
            Assert.True(await asked.Within());

            Advance(stage, Long);

            Assert.Equal(ExchangeError.None, exchange.Error);
        }
    }

    [Fact]
    public async Task Upload_NoCreditForTooLong_ResponseTimeout()
    {
        await using var stage = await StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        using (exchange)
        {
            var sending = FrameGatewayStage.SendAsync(exchange, new byte[FramePeer.Window + 2]);
            await stage.Client.DataAsync(stream, FramePeer.Window);
            Advance(stage, Head - Moment);

            // Some credit is a sign of life.
            await stage.Client.SendAsync(FrameBytes.Credit(stream, 1));
            await stage.Client.DataAsync(stream, 1);
            await stage.StillServesAsync();
            Advance(stage, Head - Moment);
            Assert.False(sending.IsCompleted);

            Advance(stage, Moment);

            Assert.Equal(ExchangeError.ResponseTimeout, await sending.Within());
            Assert.False(await exchange.ReadHeadAsync().Within());
        }

        await stage.Client.ResetAsync(stream, ErrorCode.Timeout);
    }

    [Fact]
    public async Task Upload_NoRoomForTooLong_ResponseTimeout()
    {
        await using var stage = await FrameGatewayStage.StartAsync(
            static time => new GatewayConnectionOptions { TimeProvider = time, HeadTimeout = Head }, capacity: 64 * 1024);
        var (exchange, _) = (await stage.FillAsync())[^1];
        var sending = FrameGatewayStage.SendAsync(exchange, new byte[10]);
        Assert.False(sending.IsCompleted);

        Advance(stage, Head);

        Assert.Equal(ExchangeError.ResponseTimeout, await sending.Within());
    }

    [Fact]
    public async Task Content_NoIdleLimit_MayTakeForEver()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.StreamingAsync();
        using (exchange)
        {
            Advance(stage, Long);

            await stage.Client.SendAsync(FrameBytes.Data(stream, "at last", end: true));
            Assert.Equal("at last", await FrameGatewayStage.ReadAllAsync(exchange));
            Assert.Equal(ExchangeError.None, exchange.Error);
        }
    }

    [Fact]
    public async Task Content_IdleTooLong_BreaksOff()
    {
        await using var stage = await StartAsync();
        var (exchange, stream) = await stage.StreamingAsync();
        using (exchange)
        {
            for (var i = 0; i < 3; i++)
            {
                Advance(stage, Idle - Moment);
                await stage.Client.SendAsync(FrameBytes.Data(stream, "x"));
                Assert.Equal("x", await FrameGatewayStage.ReadNextAsync(exchange));
            }

            Advance(stage, Idle);

            Assert.Equal("", await FrameGatewayStage.ReadAllAsync(exchange));
            Assert.Equal(ExchangeError.ResponseTimeout, exchange.Error);
        }
    }

    [Fact]
    public async Task Upgraded_Idle_NoTimeLimit()
    {
        await using var stage = await StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false, upgrade: true);
        using (exchange)
        {
            await stage.Client.SendAsync(FrameBytes.Response(stream, 101));
            Assert.True(await exchange.ReadHeadAsync().Within());

            Advance(stage, Long);

            await stage.Client.SendAsync(FrameBytes.Data(stream, "at last", end: true));
            Assert.Equal("at last", await FrameGatewayStage.ReadAllAsync(exchange));
        }
    }

    [Fact]
    public async Task Upgrade_NoHeadInTime_ResponseTimeout()
    {
        await using var stage = await StartAsync();
        var (exchange, _) = await stage.RequestAsync(end: false, upgrade: true);
        using (exchange)
        {
            Advance(stage, Head);

            Assert.False(await exchange.ReadHeadAsync().Within());
            Assert.Equal(ExchangeError.ResponseTimeout, exchange.Error);
        }
    }

    [Fact]
    public async Task Response_Complete_NoTimeLimitAnyMore()
    {
        await using var stage = await StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.SendAsync(FrameBytes.Response(stream), FrameBytes.Data(stream, "all", end: true));
            Assert.True(await exchange.ReadHeadAsync().Within());

            // A visitor that takes it slowly.
            Advance(stage, Long);

            Assert.Equal("all", await FrameGatewayStage.ReadAllAsync(exchange));
            Assert.Equal(ExchangeError.None, exchange.Error);
        }
    }

    [Fact]
    public async Task ReusedObject_Deadlines_StartAnew()
    {
        await using var stage = await StartAsync();
        for (var i = 0; i < 5; i++)
        {
            stage.Time.Advance(Head - Moment);
            var (exchange, stream) = await stage.RequestAsync();
            Advance(stage, Head - Moment);
            Assert.Equal(ExchangeError.None, exchange.Error);
            exchange.Dispose();
            await stage.Client.ResetAsync(stream, ErrorCode.Done);
        }
    }

    [Fact]
    public async Task ReusedObject_LastOneWaitedForCredit_ASlowUploadHasItsTime()
    {
        await using var stage = await StartAsync();
        var (first, _) = await stage.RequestAsync(end: false);
        using var left = new CancellationTokenSource();
        var sending = FrameGatewayStage.SendAsync(first, new byte[FramePeer.Window + 1], left.Token);
        Assert.False(sending.IsCompleted);
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.Within());
        first.Dispose();

        var second = stage.Open();
        Assert.Same(first, second);
        using (second)
        {
            second.SendHead(endOfRequest: false, upgrade: false);
            Advance(stage, Long);

            Assert.Equal(ExchangeError.None, second.Error);
        }
    }

    private static void Advance(FrameGatewayStage stage, TimeSpan time)
    {
        stage.Time.Advance(time);
        stage.Connection.EnforceDeadlines();
    }

    private static Task<FrameGatewayStage> StartAsync() => FrameGatewayStage.StartAsync(
        static time => new GatewayConnectionOptions { TimeProvider = time, HeadTimeout = Head, IdleTimeout = Idle });
}
