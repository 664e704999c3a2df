using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>Credit, as the client's end keeps to it and gives it.</summary>
public sealed class FrameClientFlowControlTests
{
    private const int Window = FramePeer.Window;

    [Fact]
    public async Task Response_OverTheWindow_WaitsForCredit()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        var content = Pattern.Bytes(Window + 25);

        var sending = exchange.SendHeadAsync(new ResponseHead { Status = 200 }, content, endOfResponse: true, Bounded.Token).AsTask();

        await stage.Server.FrameAsync(FrameType.Response, stream);
        Assert.Equal(content[..Window], await stage.Server.DataAsync(stream, Window));
        Assert.False(sending.IsCompleted);
        await stage.Server.SendAsync(FrameBytes.Credit(stream, 4));
        Assert.Equal(content[Window..(Window + 4)], (await stage.Server.FrameAsync(FrameType.Data, stream)).Payload);
        Assert.False(sending.IsCompleted);
        await stage.Server.SendAsync(FrameBytes.Credit(stream, 1_000));
        var last = await stage.Server.FrameAsync(FrameType.Data, stream);
        Assert.Equal((21, true), (last.Payload.Length, last.IsEnd));
        await sending.Within();
    }

    [Fact]
    public async Task Response_WindowUsedUp_HeadEndAndTrailersNeedNone()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        await FrameClientStage.HeadAsync(exchange);
        await FrameClientStage.SendAsync(exchange, new byte[Window]).Within();

        await FrameClientStage.SendAsync(exchange, [], end: true).Within();

        await stage.Server.FrameAsync(FrameType.Response, stream);
        Assert.Equal(Window, (await stage.Server.DataAsync(stream)).Length);
    }

    [Fact]
    public async Task Response_OneWaitsForCredit_OthersGoOn()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (stuck, stream) = await stage.RequestAsync();
        await FrameClientStage.HeadAsync(stuck);
        await stage.Server.FrameAsync(FrameType.Response, stream);
        var sending = FrameClientStage.SendAsync(stuck, new byte[Window + 1]);
        await stage.Server.DataAsync(stream, Window);

        await stage.StillServesAsync();

        Assert.False(sending.IsCompleted);
        await stage.Server.SendAsync(FrameBytes.Reset(stream, ErrorCode.Done));
        await sending.Within();
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(0x8000_0000u)]
    [InlineData((uint)int.MaxValue - Window + 1)]
    public async Task Credit_OfNothingOrTooMuch_StreamError(uint bytes)
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();

        await stage.Server.SendAsync(FrameBytes.Credit(stream, bytes));

        await stage.Server.ResetAsync(stream, ErrorCode.FlowControlError);
        Assert.True(exchange.Cancelled.IsCancellationRequested);
        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Request_AByteOverTheWindow_StreamErrorAndOthersGoOn()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        for (var i = 0; i < 4; i++)
        {
            await stage.Server.SendAsync(FrameBytes.Data(stream, new byte[FrameLimits.Data]));
        }

        await stage.StillServesAsync();
        Assert.False(exchange.Cancelled.IsCancellationRequested);

        await stage.Server.SendAsync(FrameBytes.Data(stream, "x"));

        await stage.Server.ResetAsync(stream, ErrorCode.FlowControlError);
        Assert.True(exchange.Cancelled.IsCancellationRequested);
        await Assert.ThrowsAsync<IOException>(() => FrameClientStage.ReadAsync(exchange.OpenContent()));
        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Request_NotRead_NoCreditUntilItIs()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        for (var i = 0; i < 4; i++)
        {
            await stage.Server.SendAsync(FrameBytes.Data(stream, new byte[FrameLimits.Data]));
        }

        await stage.StillServesAsync();
        var content = exchange.OpenContent();

        await content.ReadExactlyAsync(new byte[Window / 2], Bounded.Token).AsTask().Within();
        Assert.Equal((uint)Window / 2, (await stage.Server.FrameAsync(FrameType.Credit, stream)).Credit);
        await content.ReadExactlyAsync(new byte[Window / 2], Bounded.Token).AsTask().Within();
        Assert.Equal((uint)Window / 2, (await stage.Server.FrameAsync(FrameType.Credit, stream)).Credit);
    }

    [Fact]
    public async Task Request_HasEnded_NoCreditForIt()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        for (var i = 0; i < 4; i++)
        {
            await stage.Server.SendAsync(FrameBytes.Data(stream, new byte[FrameLimits.Data], end: i == 3));
        }

        await stage.StillServesAsync();
        Assert.Equal(Window, (await FrameClientStage.ReadAsync(exchange.OpenContent())).Length);

        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Budget_UsedUp_OverflowOfThatStreamOnly()
    {
        await using var stage = await FrameClientStage.StartAsync(static time => new ClientConnectionOptions { TimeProvider = time, MaxBuffered = 1_000 });
        var (first, firstStream) = await stage.RequestAsync(end: false);
        var (second, secondStream) = await stage.RequestAsync(end: false);
        await stage.Server.SendAsync(FrameBytes.Data(firstStream, new byte[400]), FrameBytes.Data(secondStream, new byte[600]));
        await stage.StillServesAsync();

        await stage.Server.SendAsync(FrameBytes.Data(secondStream, "x"));

        await stage.Server.ResetAsync(secondStream, ErrorCode.Overflow);
        Assert.True(second.Cancelled.IsCancellationRequested);
        Assert.False(first.Cancelled.IsCancellationRequested);

        // What the broken one held is there for others when it is gone.
        second.Dispose();
        await stage.Server.SendAsync(FrameBytes.Data(firstStream, new byte[600], end: true));
        Assert.Equal(1_000, (await FrameClientStage.ReadAsync(first.OpenContent())).Length);
        await stage.StillServesAsync();
    }

    [Theory]
    [InlineData("read")]
    [InlineData("not read")]
    [InlineData("half read")]
    [InlineData("failed")]
    [InlineData("reset")]
    [InlineData("broken")]
    public async Task Budget_ExchangeEndsAnyhow_AllGivenBack(string how)
    {
        await using var stage = await FrameClientStage.StartAsync(static time => new ClientConnectionOptions { TimeProvider = time, MaxBuffered = 1_000 });
        for (var i = 0; i < 2; i++)
        {
            var (exchange, stream) = await stage.RequestAsync(end: false);
            await stage.Server.SendAsync(FrameBytes.Data(stream, new byte[1_000]));
            await stage.StillServesAsync();
            Assert.False(exchange.Cancelled.IsCancellationRequested);
            var content = exchange.OpenContent();
            switch (how)
            {
                case "read":
                    await content.ReadExactlyAsync(new byte[1_000], Bounded.Token).AsTask().Within();
                    break;
                case "half read":
                    await content.ReadExactlyAsync(new byte[500], Bounded.Token).AsTask().Within();
                    break;
                case "failed":
                    exchange.Fail(ExchangeError.OriginFailed);
                    await stage.Server.ResetAsync(stream, ErrorCode.OriginFailed);
                    break;
                case "reset":
                    await stage.Server.SendAsync(FrameBytes.Reset(stream, ErrorCode.Done));
                    await stage.StillServesAsync();
                    break;
                case "broken":
                    await stage.Server.SendAsync(FrameBytes.Credit(stream, 0));
                    await stage.Server.ResetAsync(stream, ErrorCode.FlowControlError);
                    break;
            }

            exchange.Dispose();
            if (how is "read" or "half read" or "not read")
            {
                await stage.Server.ResetAsync(stream, ErrorCode.OriginFailed);
            }

            Assert.Equal(0, stage.Taken);
        }
    }
}
