using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>Memory for response content that visitors don't take, and that all of it is given back.</summary>
public sealed class FrameGatewayBudgetTests
{
    private const int Window = FramePeer.Window;

    [Fact]
    public async Task Budget_UsedUp_OverflowOfThatStreamOnly()
    {
        var budget = new ByteBudget(Window + 1_000);
        await using var stage = await StartAsync(budget);
        var (first, firstStream) = await stage.StreamingAsync();
        var (second, secondStream) = await stage.StreamingAsync();
        using (first)
        using (second)
        {
            await stage.Client.SendAsync([.. Enumerable.Repeat(FrameBytes.Data(firstStream, new byte[FrameLimits.Data]), 4)]);
            await stage.Client.SendAsync(FrameBytes.Data(secondStream, new byte[1_000]));
            await stage.SynchronizeAsync();
            Assert.Equal(Window + 1_000, budget.Taken);

            await stage.Client.SendAsync(FrameBytes.Data(secondStream, "x"));

            await stage.Client.ResetAsync(secondStream, ErrorCode.Overflow);
            Assert.Equal((ExchangeError.ResponseOverflow, ExchangeError.None), (second.Error, first.Error));
            Assert.Equal(1_000, (await FrameGatewayStage.ReadBytesAsync(second)).Length);

            await stage.Client.SendAsync(FrameBytes.Data(firstStream, "", end: true));
            await stage.SynchronizeAsync();
            Assert.Equal(Window, (await FrameGatewayStage.ReadBytesAsync(first)).Length);
            Assert.Equal(ExchangeError.None, first.Error);
        }

        await stage.StillServesAsync();
        Assert.Equal(0, budget.Taken);
    }

    [Theory]
    [InlineData("taken")]
    [InlineData("not taken")]
    [InlineData("taken but not consumed")]
    [InlineData("reset")]
    [InlineData("cancelled")]
    [InlineData("broken")]
    [InlineData("lost")]
    public async Task Budget_ExchangeEndsAnyhow_AllGivenBack(string how)
    {
        var budget = new ByteBudget(10 * Window);
        await using var stage = await StartAsync(budget);
        var (exchange, stream) = await stage.StreamingAsync();
        using (exchange)
        {
            await stage.Client.SendAsync(FrameBytes.Data(stream, new byte[60_000]));
            await stage.Client.SendAsync(FrameBytes.Data(stream, new byte[40_000]));
            await stage.StillServesAsync();
            Assert.Equal(100_000, budget.Taken);
            switch (how)
            {
                case "taken":
                    Assert.Equal(100_000, (await FrameGatewayStage.ReadBytesAsync(exchange, 100_000)).Length);
                    Assert.Equal(0, budget.Taken);
                    break;
                case "taken but not consumed":
                    Assert.True(exchange.Content.TryRead(out var read));
                    exchange.Content.AdvanceTo(read.Buffer.End);
                    exchange.Consumed(30_000);
                    Assert.Equal(70_000, budget.Taken);
                    break;
                case "reset":
                    await stage.Client.SendAsync(FrameBytes.Reset(stream, ErrorCode.OriginFailed));
                    break;
                case "cancelled":
                    exchange.Cancel(ExchangeError.Cancelled);
                    break;
                case "broken":
                    await stage.Client.SendAsync(FrameBytes.Response(stream));
                    break;
                case "lost":
                    stage.Client.Socket.Abort();
                    await stage.Running.Within();
                    break;
            }
        }

        Assert.Equal(0, budget.Taken);
    }

    [Fact]
    public async Task Budget_WindowHasGrown_GrowthGivenBackToo()
    {
        var budget = new ByteBudget(64 * Window);
        await using var stage = await StartAsync(budget);
        var (exchange, stream) = await stage.StreamingAsync();
        using (exchange)
        {
            // A long way, and a visitor that takes everything at once.
            var (credit, pings) = (Window, 0);
            for (var i = 0; i < 20 && budget.Taken == 0; i++)
            {
                foreach (var piece in new byte[credit].Chunk(FrameLimits.Data))
                {
                    await stage.Client.SendAsync(FrameBytes.Data(stream, piece));
                }

                Assert.Equal(credit, (await FrameGatewayStage.ReadBytesAsync(exchange, credit)).Length);
                stage.Time.Advance(TimeSpan.FromMilliseconds(100));
                credit = 0;
                while (credit < Window / 2 || pings == 0)
                {
                    var frame = await stage.Client.AnyFrameAsync();
                    if (frame.Type == FrameType.Ping)
                    {
                        pings++;
                        await stage.Client.SendAsync(FrameBytes.Pong(frame.Opaque));
                    }
                    else
                    {
                        credit += (int)frame.Credit;
                    }
                }
            }

            Assert.Equal(Window, budget.Taken);
        }

        Assert.Equal(0, budget.Taken);
    }

    [Fact]
    public async Task Visitor_TakesNothing_OthersGoOn()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var stuck = new List<IGatewayExchange>();
        for (var i = 0; i < 10; i++)
        {
            var (exchange, stream) = await stage.StreamingAsync();
            stuck.Add(exchange);
            await stage.Client.SendAsync([.. Enumerable.Repeat(FrameBytes.Data(stream, new byte[FrameLimits.Data]), 4)]);
        }

        for (var i = 0; i < 10; i++)
        {
            await stage.StillServesAsync();
        }

        Assert.All(stuck, static exchange => Assert.Equal(ExchangeError.None, exchange.Error));
        stuck.ForEach(static exchange => exchange.Dispose());
        Assert.Equal(0, stage.Connection.ActiveExchanges);
    }

    private static Task<FrameGatewayStage> StartAsync(ByteBudget budget) =>
        FrameGatewayStage.StartAsync(time => new GatewayConnectionOptions { TimeProvider = time, Budget = budget });
}
