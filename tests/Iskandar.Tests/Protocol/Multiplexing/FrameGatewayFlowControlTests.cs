using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>Credit, as the server's end keeps to it and gives it.</summary>
public sealed class FrameGatewayFlowControlTests
{
    private const int Window = FramePeer.Window;

    [Fact]
    public async Task Request_OverTheWindow_WaitsForCredit()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        using (exchange)
        {
            var content = Pattern.Bytes(Window + 25);
            var sending = FrameGatewayStage.SendAsync(exchange, content);
            Assert.Equal(content[..Window], await stage.Client.DataAsync(stream, Window));
            Assert.False(sending.IsCompleted);

            await stage.Client.SendAsync(FrameBytes.Credit(stream, 4));
            Assert.Equal(content[Window..(Window + 4)], (await stage.Client.FrameAsync(FrameType.Data, stream)).Payload);
            Assert.False(sending.IsCompleted);

            await stage.Client.SendAsync(FrameBytes.Credit(stream, 1_000));
            Assert.Equal(content[(Window + 4)..], (await stage.Client.FrameAsync(FrameType.Data, stream)).Payload);
            Assert.Equal(ExchangeError.None, await sending.Within());
        }
    }

    [Fact]
    public async Task Request_EndWithoutCredit_NeedsNone()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        using (exchange)
        {
            await FrameGatewayStage.SendAsync(exchange, new byte[Window]).Within();
            await exchange.EndContentAsync(null, Bounded.Token).Within();

            Assert.Equal(Window, (await stage.Client.DataAsync(stream)).Length);
        }
    }

    [Fact]
    public async Task Request_OneWaitsForCredit_OthersGoOn()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (stuck, stream) = await stage.RequestAsync(end: false);
        var sending = FrameGatewayStage.SendAsync(stuck, new byte[Window + 1]);
        await stage.Client.DataAsync(stream, Window);

        await stage.StillServesAsync();

        Assert.False(sending.IsCompleted);
        stuck.Cancel(ExchangeError.Cancelled);
        Assert.Equal(ExchangeError.Cancelled, await sending.Within());
        stuck.Dispose();
    }

    [Fact]
    public async Task Credit_AsMuchAsThereCanBe_Taken()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        using (exchange)
        {
            await stage.Client.SendAsync(FrameBytes.Credit(stream, int.MaxValue - Window));
            await stage.StillServesAsync();
            Assert.Equal(ExchangeError.None, exchange.Error);

            await stage.Client.SendAsync(FrameBytes.Credit(stream, 1));

            await stage.Client.ResetAsync(stream, ErrorCode.FlowControlError);
            Assert.Equal(ExchangeError.ResponseInvalid, exchange.Error);
        }
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(0x8000_0000u)]
    [InlineData(uint.MaxValue)]
    public async Task Credit_OfNothingOrTooMuch_StreamError(uint bytes)
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        using (exchange)
        {
            await stage.Client.SendAsync(FrameBytes.Credit(stream, bytes));

            await stage.Client.ResetAsync(stream, ErrorCode.FlowControlError);
            Assert.False(await exchange.ReadHeadAsync().Within());
            Assert.Equal(ExchangeError.ResponseInvalid, exchange.Error);
        }

        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Response_TheWholeWindow_Taken()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.StreamingAsync();
        using (exchange)
        {
            var content = Pattern.Bytes(Window);
            await SendAsync(stage, stream, content);
            await stage.Client.SendAsync(FrameBytes.Data(stream, "", end: true));

            Assert.Equal(content, await FrameGatewayStage.ReadBytesAsync(exchange));
            Assert.Equal(ExchangeError.None, exchange.Error);
        }
    }

    [Fact]
    public async Task Response_AByteOverTheWindow_StreamErrorAndOthersGoOn()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.StreamingAsync();
        using (exchange)
        {
            await SendAsync(stage, stream, new byte[Window]);
            await stage.Client.SendAsync(FrameBytes.Data(stream, "x"));

            await stage.Client.ResetAsync(stream, ErrorCode.FlowControlError);
            Assert.Equal(ExchangeError.ResponseInvalid, exchange.Error);
        }

        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Response_NotConsumed_NoCredit()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.StreamingAsync();
        using (exchange)
        {
            await SendAsync(stage, stream, new byte[Window]);

            // Read is not yet taken.
            var read = await exchange.Content.ReadAtLeastAsync(Window, Bounded.Token).AsTask().Within();
            exchange.Content.AdvanceTo(read.Buffer.End);
            await stage.StillServesAsync();

            exchange.Consumed(Window / 2);
            Assert.Equal((uint)Window / 2, (await stage.Client.FrameAsync(FrameType.Credit, stream)).Credit);
            exchange.Consumed(Window / 2);
            Assert.Equal((uint)Window / 2, (await stage.Client.FrameAsync(FrameType.Credit, stream)).Credit);
        }
    }

    [Fact]
    public async Task Response_FarMoreThanTheWindow_CreditAsItIsConsumed()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.StreamingAsync();
        using (exchange)
        {
            var content = Pattern.Bytes(10 * Window);
            var reading = FrameGatewayStage.ReadBytesAsync(exchange);
            var (sent, credit) = (0, Window);
            while (sent < content.Length)
            {
                var length = Math.Min(credit, Math.Min(content.Length - sent, FrameLimits.Data));
                if (length == 0)
                {
                    credit += (int)(await stage.Client.FrameAsync(FrameType.Credit, stream)).Credit;
                    continue;
                }

                await stage.Client.SendAsync(FrameBytes.Data(stream, content[sent..(sent + length)], end: sent + length == content.Length));
                (sent, credit) = (sent + length, credit - length);
            }

            Assert.Equal(content, await reading.Within());
        }
    }

    [Fact]
    public async Task Response_HasEnded_NoCreditForIt()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.StreamingAsync();
        using (exchange)
        {
            await SendAsync(stage, stream, new byte[Window]);
            await stage.Client.SendAsync(FrameBytes.Data(stream, "", end: true));
            await stage.SynchronizeAsync();

            Assert.Equal(Window, (await FrameGatewayStage.ReadBytesAsync(exchange)).Length);
        }

        await stage.StillServesAsync();
    }

    [Fact]
    public async Task RoundTrip_ContentConsumed_MeasuredWithPings()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.StreamingAsync();
        using (exchange)
        {
            var seen = new HashSet<ulong>();
            for (var i = 0; i < 3; i++)
            {
                await stage.Client.SendAsync(FrameBytes.Data(stream, "a"));
                Assert.Equal("a", await FrameGatewayStage.ReadNextAsync(exchange));
                var ping = await stage.Client.NextAsync(FrameType.Ping);
                Assert.True(seen.Add(ping.Opaque));
                await stage.Client.SendAsync(FrameBytes.Pong(ping.Opaque));
            }
        }
    }

    private static async Task SendAsync(FrameGatewayStage stage, uint stream, byte[] content)
    {
        foreach (var piece in content.Chunk(FrameLimits.Data))
        {
            await stage.Client.SendAsync(FrameBytes.Data(stream, piece));
        }
    }
}
