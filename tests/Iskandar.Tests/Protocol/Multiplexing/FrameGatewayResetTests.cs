using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>RESET in both directions, as the server's end sends and understands it.</summary>
public sealed class FrameGatewayResetTests
{
    public static TheoryData<ushort, ExchangeError> FromClient => new()
    {
        { 0, ExchangeError.OriginFailed },
        { 1, ExchangeError.ResponseInvalid },
        { 2, ExchangeError.OriginFailed },
        { 3, ExchangeError.ResponseInvalid },
        { 4, ExchangeError.ResponseHeadTooLarge },
        { 5, ExchangeError.RequestInvalid },
        { 6, ExchangeError.OriginFailed },
        { 7, ExchangeError.OriginUnreachable },
        { 8, ExchangeError.OriginFailed },
        { 9, ExchangeError.OriginTimeout },
        { 10, ExchangeError.TunnelBusy },
        { 11, ExchangeError.TunnelClosing },
        { 12, ExchangeError.ResponseOverflow },
        { 13, ExchangeError.OriginFailed },
        { 14, ExchangeError.OriginFailed },
        { 15, ExchangeError.OriginInvalid },
        { 16, ExchangeError.OriginFailed },
        { 0xFFFF, ExchangeError.OriginFailed },
    };

    public static TheoryData<ExchangeError, ushort> ToClient => new()
    {
        { ExchangeError.Cancelled, 0 },
        { ExchangeError.RequestInvalid, 5 },
        { ExchangeError.ResponseInvalid, 6 },
        { ExchangeError.ResponseHeadTooLarge, 4 },
        { ExchangeError.ResponseOverflow, 12 },
        { ExchangeError.ResponseTimeout, 13 },
        { ExchangeError.ContentTooLarge, 0 },
        { ExchangeError.ServerBusy, 0 },
    };

    [Theory]
    [MemberData(nameof(FromClient))]
    public async Task Received_BeforeTheHead_TheErrorOfItsCode(ushort code, ExchangeError expected)
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        using (exchange)
        {
            await stage.Client.SendAsync(FrameBytes.Reset(stream, (ErrorCode)code));

            Assert.False(await exchange.ReadHeadAsync().Within());
            Assert.Equal((expected, expected.ToStatus()), (exchange.Error, exchange.ErrorStatus));
            Assert.Equal(expected, await FrameGatewayStage.SendAsync(exchange, [1]).Within());
        }

        // Nobody answers it.
        await stage.StillServesAsync();
    }

    [Theory]
    [MemberData(nameof(FromClient))]
    public async Task Received_AfterTheHead_TheContentBreaksOffWithIt(ushort code, ExchangeError expected)
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.StreamingAsync();
        using (exchange)
        {
            var failed = FrameGatewayStage.FailedAsync(exchange);
            await stage.Client.SendAsync(FrameBytes.Data(stream, "part"));
            await stage.Client.SendAsync(FrameBytes.Reset(stream, (ErrorCode)code));

            Assert.Equal("part", await FrameGatewayStage.ReadAllAsync(exchange));
            await failed;
            Assert.Equal(expected, exchange.Error);
        }

        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Received_WithTheEndInOneMessage_TheResponseIsComplete()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        using (exchange)
        {
            await stage.Client.SendAsync(FrameBytes.Response(stream), FrameBytes.Data(stream, "enough", end: true), FrameBytes.Reset(stream, ErrorCode.Done));

            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.Equal("enough", await FrameGatewayStage.ReadAllAsync(exchange));
            Assert.Equal(ExchangeError.None, exchange.Error);

            // The rest of the request isn't wanted, and nobody waits for credit that won't come.
            Assert.Equal(ExchangeError.None, await FrameGatewayStage.SendAsync(exchange, new byte[FramePeer.Window + 1]).Within());
            await exchange.EndContentAsync(null, Bounded.Token);
        }

        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Received_AfterTheResponseWhileTheRequestWaits_TheWaitEnds()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        using (exchange)
        {
            var sending = FrameGatewayStage.SendAsync(exchange, new byte[FramePeer.Window + 1]);
            await stage.Client.DataAsync(stream, FramePeer.Window);
            await stage.Client.SendAsync(FrameBytes.Response(stream, end: true));
            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.False(sending.IsCompleted);

            await stage.Client.SendAsync(FrameBytes.Reset(stream, ErrorCode.Done));

            Assert.Equal(ExchangeError.None, await sending.Within());
        }

        await stage.StillServesAsync();
    }

    [Theory]
    [MemberData(nameof(ToClient))]
    public async Task Sent_ExchangeCancelled_TheCodeOfItsError(ExchangeError error, ushort expected)
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        exchange.Cancel(error);
        Assert.False(await exchange.ReadHeadAsync().Within());
        Assert.Equal(error, exchange.Error);

        exchange.Dispose();

        await stage.Client.ResetAsync(stream, (ErrorCode)expected);
        await stage.StillServesAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sent_DisposedBeforeTheEnd_Done(bool headCame)
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = headCame ? await stage.StreamingAsync() : await stage.RequestAsync();

        exchange.Dispose();
        exchange.Dispose();

        await stage.Client.ResetAsync(stream, ErrorCode.Done);
        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Sent_ResponseCompleteButNotTheRequest_Done()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        await stage.Client.SendAsync(FrameBytes.Response(stream, 413, end: true));
        Assert.True(await exchange.ReadHeadAsync().Within());

        exchange.Dispose();

        await stage.Client.ResetAsync(stream, ErrorCode.Done);
    }

    [Fact]
    public async Task StopContent_WhileItWaitsForCredit_ReturnsAndTheClientIsToldAtTheEnd()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        var sending = FrameGatewayStage.SendAsync(exchange, new byte[FramePeer.Window + 1]);
        await stage.Client.DataAsync(stream, FramePeer.Window);

        exchange.StopContent();

        Assert.Equal(ExchangeError.None, await sending.Within());
        await stage.Client.SendAsync(FrameBytes.Response(stream), FrameBytes.Data(stream, "all", end: true));
        Assert.True(await exchange.ReadHeadAsync().Within());
        Assert.Equal("all", await FrameGatewayStage.ReadAllAsync(exchange));
        exchange.Dispose();
        await stage.Client.ResetAsync(stream, ErrorCode.Done);
    }

    [Fact]
    public async Task Cancel_BeforeTheRequestIsSent_NeverSent()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        using (var exchange = stage.Open())
        {
            exchange.Cancel(ExchangeError.Cancelled);
            exchange.SendHead(endOfRequest: false, upgrade: false);
            Assert.Equal(ExchangeError.Cancelled, await FrameGatewayStage.SendAsync(exchange, [1]));
            await exchange.EndContentAsync(null, Bounded.Token);
            Assert.False(await exchange.ReadHeadAsync().Within());
        }

        await stage.StillServesAsync();
    }

    [Fact]
    public async Task OnFailed_HasFailedAlready_CalledAtOnce()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.SendAsync(FrameBytes.Reset(stream, ErrorCode.OriginFailed));
            Assert.False(await exchange.ReadHeadAsync().Within());

            await FrameGatewayStage.FailedAsync(exchange);
        }
    }
}
