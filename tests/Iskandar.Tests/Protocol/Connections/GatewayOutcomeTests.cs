using Iskandar.Protocol.Connections;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Connections;

/// <summary>However an exchange ends, it is removed, and the others go on.</summary>
public sealed class GatewayOutcomeTests
{
    public static TheoryData<string> Outcomes =>
        new("success", "streaming", "cancelled", "error", "invalid", "not read", "not sent", "failed later");

    [Theory]
    [MemberData(nameof(Outcomes))]
    public async Task Exchange_AnyOutcome_Removed(string outcome)
    {
        await using var stage = await GatewayStage.StartAsync(OptionalMessages.Cancel);
        using var exchange = stage.Open();
        Assert.Equal(1, stage.Connection.ActiveExchanges);

        await PlayAsync(stage, exchange, outcome);

        exchange.Dispose();
        Assert.Equal(0, stage.Connection.ActiveExchanges);

        // A second time does nothing, not even to the exchange that has the object by now.
        using var another = stage.Open();
        Assert.Equal(1, stage.Connection.ActiveExchanges);
    }

    [Theory]
    [InlineData("origin_unreachable", 502, ExchangeError.OriginUnreachable, 502)]
    [InlineData("origin_unreachable", null, ExchangeError.OriginUnreachable, 502)]
    [InlineData("origin_unreachable", 200, ExchangeError.OriginUnreachable, 502)]
    [InlineData("origin_unreachable", 499, ExchangeError.OriginUnreachable, 502)]
    [InlineData("origin_unreachable", 500, ExchangeError.OriginUnreachable, 500)]
    [InlineData("origin_unreachable", 599, ExchangeError.OriginUnreachable, 599)]
    [InlineData("origin_unreachable", 600, ExchangeError.OriginUnreachable, 502)]
    [InlineData("origin_timeout", 504, ExchangeError.OriginTimeout, 504)]
    [InlineData("origin_failed", 502, ExchangeError.OriginFailed, 502)]
    [InlineData("tunnel_closing", 503, ExchangeError.TunnelClosing, 503)]
    [InlineData("what is this", 502, ExchangeError.OriginFailed, 502)]
    public async Task Error_InTheFirstMessage_InsteadOfAHead(string code, int? status, ExchangeError error, int errorStatus)
    {
        await using var stage = await GatewayStage.StartAsync();
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.RespondAsync(id, status, "not used", done: true, error: code);

            Assert.False(await exchange.ReadHeadAsync().Within());
            Assert.Equal((error, errorStatus), (exchange.Error, exchange.ErrorStatus));
        }

        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Error_InALaterMessage_ContentBreaksOff()
    {
        await using var stage = await GatewayStage.StartAsync();
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.RespondAsync(id, 200, "part");
            Assert.True(await exchange.ReadHeadAsync().Within());
            var failed = GatewayStage.FailedAsync(exchange);
            await stage.Client.RespondAsync(id, done: true, error: "origin_failed");

            // What arrived before is still to be read; its end isn't that of the response.
            Assert.Equal("part", await GatewayStage.ReadAllAsync(exchange));
            await failed;
            Assert.Equal(ExchangeError.OriginFailed, exchange.Error);
        }

        await stage.StillServesAsync();
    }

    [Theory]
    [InlineData("""{"id":"ID","done":true}""")]
    [InlineData("""{"id":"ID","status":199,"done":true}""")]
    [InlineData("""{"id":"ID","status":600,"done":true}""")]
    [InlineData("""{"id":"ID","status":101}""")]
    [InlineData("""{"id":"ID","status":"200","done":true}""")]
    [InlineData("""{"id":"ID","status":200,"body":"***","done":true}""")]
    [InlineData("""{"id":"ID","status":200,"headers":{"a b":"c"},"done":true}""")]
    [InlineData("""{"id":"ID","status":200,"headers":{"a":"b\r\nc: d"},"done":true}""")]
    [InlineData("""{"id":"ID","status":200,"headers":[],"done":true}""")]
    [InlineData("""{"id":"ID","type":7,"status":200,"done":true}""")]
    [InlineData("""{"id":"ID","status":200,"done":"yes"}""")]
    [InlineData("""{"id":"ID","status":200""")]
    public async Task Message_InvalidFirst_ResponseInvalidAndOthersGoOn(string text)
    {
        await using var stage = await GatewayStage.StartAsync();
        var (other, otherId) = await stage.RequestAsync();
        var (exchange, id) = await stage.RequestAsync();
        using (other)
        using (exchange)
        {
            await stage.Client.SendAsync(text.Replace("ID", id, StringComparison.Ordinal));

            Assert.False(await exchange.ReadHeadAsync().Within());
            Assert.Equal((ExchangeError.ResponseInvalid, 502), (exchange.Error, exchange.ErrorStatus));
            await stage.Client.RespondAsync(otherId, 200, done: true);
            Assert.True(await other.ReadHeadAsync().Within());
        }
    }

    [Theory]
    [InlineData("""{"id":"ID","body":"***"}""")]
    [InlineData("""{"id":"ID","body":5}""")]
    [InlineData("""{"id":"ID","done":1}""")]
    [InlineData("""{"id":"ID","headers":{"a\n":"b"}}""")]
    [InlineData("""{"id":"ID",""")]
    public async Task Message_InvalidLater_ContentBreaksOff(string text)
    {
        await using var stage = await GatewayStage.StartAsync();
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.RespondAsync(id, 200, "part");
            Assert.True(await exchange.ReadHeadAsync().Within());
            await stage.Client.SendAsync(text.Replace("ID", id, StringComparison.Ordinal));

            Assert.Equal("part", await GatewayStage.ReadAllAsync(exchange));
            Assert.Equal(ExchangeError.ResponseInvalid, exchange.Error);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"id":1,"status":200}""")]
    [InlineData("""{"type":"request","id":"ID","method":"GET","path":"/"}""")]
    [InlineData("""{"type":"cancel","id":"ID"}""")]
    [InlineData("""{"type":"of a later version","id":"ID","status":500,"done":true}""")]
    [InlineData("""{"id":" ID","status":500,"done":true}""")]
    [InlineData("""{"id":"ID ","status":500,"done":true}""")]
    [InlineData("""{"id":"ID9999999999999999999999","status":500,"done":true}""")]
    [InlineData("""{"id":"-1","status":500,"done":true}""")]
    public async Task Message_ThatIsNoResponse_Ignored(string text)
    {
        await using var stage = await GatewayStage.StartAsync();
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.SendAsync(text.Replace("ID", id, StringComparison.Ordinal));
            await stage.Client.RespondAsync(id, 200, "right", done: true);

            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.Equal((200, "right"), (exchange.Response.Status, await GatewayStage.ReadAllAsync(exchange)));
        }
    }

    [Fact]
    public async Task Message_OverTheLimit_FailsItsExchangeOnly()
    {
        await using var stage = await GatewayStage.StartAsync(time => new GatewayConnectionOptions { TimeProvider = time, MaxMessage = 10_000 });
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.RespondAsync(id, 200, new string('x', 100_000), done: true);

            Assert.False(await exchange.ReadHeadAsync().Within());
            Assert.Equal(ExchangeError.ResponseInvalid, exchange.Error);
        }

        await stage.StillServesAsync();
    }

    [Fact]
    public async Task OnFailed_AlreadyFailed_CalledAtOnce()
    {
        await using var stage = await GatewayStage.StartAsync();
        using var exchange = stage.Open();
        exchange.Cancel(ExchangeError.Cancelled);

        await GatewayStage.FailedAsync(exchange);
        exchange.Cancel(ExchangeError.ResponseInvalid);

        Assert.Equal(ExchangeError.Cancelled, exchange.Error);
    }

    private static async Task PlayAsync(GatewayStage stage, IGatewayExchange exchange, string outcome)
    {
        if (outcome == "not sent")
        {
            return;
        }

        exchange.SendHead(endOfRequest: true, upgrade: false);
        var id = await stage.Client.RequestAsync();
        switch (outcome)
        {
            case "success":
                await stage.Client.RespondAsync(id, 200, "all", done: true);
                Assert.True(await exchange.ReadHeadAsync().Within());
                Assert.Equal("all", await GatewayStage.ReadAllAsync(exchange));
                break;
            case "streaming":
                await stage.Client.RespondAsync(id, 200, "part");
                Assert.True(await exchange.ReadHeadAsync().Within());
                break;
            case "cancelled":
                exchange.Cancel(ExchangeError.Cancelled);
                Assert.False(await exchange.ReadHeadAsync().Within());
                break;
            case "error":
                await stage.Client.RespondAsync(id, 502, done: true, error: "origin_unreachable");
                Assert.False(await exchange.ReadHeadAsync().Within());
                break;
            case "invalid":
                await stage.Client.RespondAsync(id, 42);
                Assert.False(await exchange.ReadHeadAsync().Within());
                break;
            case "failed later":
                await stage.Client.RespondAsync(id, 200, "part");
                Assert.True(await exchange.ReadHeadAsync().Within());
                await stage.Client.RespondAsync(id, done: true, error: "origin_failed");
                Assert.Equal("part", await GatewayStage.ReadAllAsync(exchange));
                break;
            default:
                await stage.Client.RespondAsync(id, 200, "never read", done: true);
                break;
        }
    }
}
