using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>Whoever waits for a client goes on when there is nothing to wait for any more.</summary>
public sealed class FrameGatewayCancelTests
{
    /// <summary>What ends an exchange.</summary>
    public static TheoryData<string> Ends => new("cancel", "reset", "lost", "closed", "stopped");

    /// <summary>What ends the way of its request.</summary>
    public static TheoryData<string> EndsOfTheRequest => new("cancel", "reset", "lost", "closed", "stopped", "stop content");

    [Theory]
    [MemberData(nameof(EndsOfTheRequest))]
    public async Task WaitForCredit_ExchangeEnds_Returns(string end)
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        using (exchange)
        {
            var sending = FrameGatewayStage.SendAsync(exchange, new byte[FramePeer.Window + 1]);
            await stage.Client.DataAsync(stream, FramePeer.Window);
            Assert.False(sending.IsCompleted);

            await EndAsync(stage, exchange, stream, end);

            Assert.Equal(ErrorOf(end), await sending.Within());
            await exchange.EndContentAsync(null, Bounded.Token).Within();
        }
    }

    [Theory]
    [MemberData(nameof(EndsOfTheRequest))]
    public async Task WaitForRoom_ExchangeEnds_Returns(string end)
    {
        await using var stage = await FrameGatewayStage.StartAsync(capacity: 64 * 1024);
        var (exchange, stream) = (await stage.FillAsync())[^1];
        var sending = FrameGatewayStage.SendAsync(exchange, new byte[FramePeer.Window]);
        Assert.False(sending.IsCompleted);

        await EndAsync(stage, exchange, stream, end);

        // The writer may find the connection broken before the reader does.
        await sending.Within();
        await Bounded.UntilAsync(() => exchange.Error == ErrorOf(end), "the exchange ends");
        await exchange.EndContentAsync(null, Bounded.Token).Within();
        exchange.Dispose();
    }

    [Theory]
    [MemberData(nameof(EndsOfTheRequest))]
    public async Task WaitForRoomOfTheEnd_ExchangeEnds_Returns(string end)
    {
        await using var stage = await FrameGatewayStage.StartAsync(capacity: 64 * 1024);
        var (exchange, stream) = (await stage.FillAsync())[^1];
        var ending = exchange.EndContentAsync(null, Bounded.Token).AsTask();
        Assert.False(ending.IsCompleted);

        await EndAsync(stage, exchange, stream, end);

        await ending.Within();
        exchange.Dispose();
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task WaitForTheHead_ExchangeEnds_Returns(string end)
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        using (exchange)
        {
            var head = exchange.ReadHeadAsync().AsTask();
            await stage.StillServesAsync();
            Assert.False(head.IsCompleted);

            await EndAsync(stage, exchange, stream, end);

            Assert.False(await head.Within());
            Assert.Equal(ErrorOf(end), exchange.Error);
        }
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task WaitForContent_ExchangeEnds_Returns(string end)
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.StreamingAsync();
        using (exchange)
        {
            var failed = FrameGatewayStage.FailedAsync(exchange);
            var reading = FrameGatewayStage.ReadAllAsync(exchange);
            await stage.Client.SendAsync(FrameBytes.Data(stream, "part"));
            await stage.StillServesAsync();
            Assert.False(reading.IsCompleted);

            await EndAsync(stage, exchange, stream, end);

            Assert.Equal("part", await reading.Within());
            await failed;
            Assert.Equal(ErrorOf(end), exchange.Error);
        }
    }

    [Fact]
    public async Task Lost_RequestNotSentYet_TunnelLost()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        using var exchange = stage.Open();
        stage.Client.Socket.Abort();
        await stage.Running.Within();

        exchange.SendHead(endOfRequest: false, upgrade: false);

        Assert.False(await exchange.ReadHeadAsync().Within());
        Assert.Equal(ExchangeError.TunnelLost, exchange.Error);
        Assert.Equal(ExchangeError.TunnelLost, await FrameGatewayStage.SendAsync(exchange, [1]).Within());
    }

    [Fact]
    public async Task Lost_ResponseComplete_StaysGood()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.StreamingAsync(endOfRequest: false);
        using (exchange)
        {
            var trailers = FrameBytes.Trailers(stream, ("a", "b"));
            await stage.Client.SendAsync(FrameBytes.Data(stream, "all"), trailers);
            stage.Client.Socket.Abort();
            await stage.Running.Within();

            Assert.Equal("all", await FrameGatewayStage.ReadAllAsync(exchange));
            Assert.Equal((ExchangeError.None, "b"), (exchange.Error, exchange.Trailers.Find("a")));

            // The rest of the request goes nowhere, and waits for nobody.
            Assert.Equal(ExchangeError.None, await FrameGatewayStage.SendAsync(exchange, new byte[FramePeer.Window + 1]).Within());
        }
    }

    [Theory]
    [InlineData("content")]
    [InlineData("the end")]
    [InlineData("credit")]
    public async Task Token_WhileItWaits_TheClientIsToldAtTheEnd(string what)
    {
        await using var stage = await FrameGatewayStage.StartAsync(capacity: 64 * 1024);
        var exchanges = await stage.FillAsync();
        var (exchange, stream) = exchanges[^1];
        using var left = new CancellationTokenSource();
        var sending = what switch
        {
            "content" => FrameGatewayStage.SendAsync(exchange, [1], left.Token),
            "credit" => FrameGatewayStage.SendAsync(exchange, new byte[FramePeer.Window + 1], left.Token),
            _ => exchange.EndContentAsync(null, left.Token).AsTask(),
        };
        Assert.False(sending.IsCompleted);

        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.Within());
        Assert.Equal(ExchangeError.None, await FrameGatewayStage.SendAsync(exchange, [2]).Within());
        await exchange.EndContentAsync(new FieldSection(), Bounded.Token).Within();
        exchange.Dispose();

        // A hole is never followed by anything.
        var frame = await stage.Client.FrameAsync();
        while (frame.Stream != stream)
        {
            Assert.Equal(FrameType.Data, frame.Type);
            frame = await stage.Client.FrameAsync();
        }

        Assert.Equal((FrameType.Reset, ErrorCode.Done), (frame.Type, frame.Code));
    }

    [Fact]
    public async Task Dispose_AtAnyPoint_NothingIsLeft()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        for (var point = 0; point < 6; point++)
        {
            var exchange = stage.Open();
            var stream = 0u;
            if (point > 0)
            {
                exchange.SendHead(endOfRequest: false, upgrade: false);
                stream = (await stage.Client.FrameAsync(FrameType.Request)).Stream;
            }

            if (point > 1)
            {
                await FrameGatewayStage.SendAsync(exchange, [1]);
                await stage.Client.FrameAsync(FrameType.Data, stream);
            }

            if (point > 2)
            {
                await stage.Client.SendAsync(FrameBytes.Response(stream));
                Assert.True(await exchange.ReadHeadAsync().Within());
            }

            if (point > 3)
            {
                await stage.Client.SendAsync(FrameBytes.Data(stream, "part"));
                await stage.StillServesAsync();
            }

            if (point > 4)
            {
                await exchange.EndContentAsync(null, Bounded.Token);
                await stage.Client.FrameAsync(FrameType.Data, stream);
            }

            exchange.Dispose();

            if (point > 0)
            {
                await stage.Client.ResetAsync(stream, ErrorCode.Done);
            }

            await stage.StillServesAsync();
            Assert.Equal(0, stage.Connection.ActiveExchanges);
        }
    }

    private static ExchangeError ErrorOf(string end) => end switch
    {
        "cancel" => ExchangeError.Cancelled,
        "reset" => ExchangeError.OriginTimeout,
        "stop content" => ExchangeError.None,
        _ => ExchangeError.TunnelLost,
    };

    private static async Task EndAsync(FrameGatewayStage stage, IGatewayExchange exchange, uint stream, string end)
    {
        switch (end)
        {
            case "cancel":
                exchange.Cancel(ExchangeError.Cancelled);
                break;
            case "reset":
                await stage.Client.SendAsync(FrameBytes.Reset(stream, ErrorCode.OriginTimeout));
                break;
            case "lost":
                stage.Client.Socket.Abort();
                break;
            case "closed":
                await stage.Client.CloseAsync();
                break;
            case "stopped":
                await stage.Stop.CancelAsync();
                break;
            default:
                exchange.StopContent();
                break;
        }
    }
}
