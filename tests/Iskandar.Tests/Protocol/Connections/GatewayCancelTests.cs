using Iskandar.Protocol.Connections;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Connections;

/// <summary>Who is told that nobody waits any more: a client that knows the message, that has the request, and that hasn't ended it.</summary>
public sealed class GatewayCancelTests
{
    [Fact]
    public async Task Dispose_ResponseNotBegun_ClientTold()
    {
        await using var stage = await GatewayStage.StartAsync(OptionalMessages.Cancel);
        var (exchange, id) = await stage.RequestAsync();
        exchange.Cancel(ExchangeError.Cancelled);

        exchange.Dispose();

        Assert.Equal($$"""{"type":"cancel","id":"{{id}}"}""", await stage.Client.TextAsync());
        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Dispose_ResponseNotComplete_ClientTold()
    {
        await using var stage = await GatewayStage.StartAsync(OptionalMessages.Cancel);
        var (exchange, id) = await stage.RequestAsync();
        await stage.Client.RespondAsync(id, 200, "part");
        Assert.True(await exchange.ReadHeadAsync().Within());

        exchange.Dispose();

        Assert.Equal(id, (string)(await stage.Client.MessageAsync("cancel"))["id"]!);
    }

    [Fact]
    public async Task Dispose_ResponseInvalidAndNotTheLastMessage_ClientTold()
    {
        await using var stage = await GatewayStage.StartAsync(OptionalMessages.Cancel);
        var (exchange, id) = await stage.RequestAsync();
        await stage.Client.RespondAsync(id, 42);
        Assert.False(await exchange.ReadHeadAsync().Within());

        exchange.Dispose();

        Assert.Equal(id, (string)(await stage.Client.MessageAsync("cancel"))["id"]!);
    }

    [Fact]
    public async Task Dispose_Timeout_ClientTold()
    {
        await using var stage = await GatewayStage.StartAsync(OptionalMessages.Cancel);
        var (exchange, id) = await stage.RequestAsync();
        stage.Time.Advance(TimeSpan.FromDays(1));
        stage.Connection.EnforceDeadlines();
        Assert.Equal(ExchangeError.ResponseTimeout, exchange.Error);

        exchange.Dispose();

        Assert.Equal(id, (string)(await stage.Client.MessageAsync("cancel"))["id"]!);
    }

    [Theory]
    [InlineData("""{"id":"ID","status":200,"body":"YQ==","done":true}""", true)]
    [InlineData("""{"id":"ID","status":502,"done":true,"error":"origin_failed"}""", false)]
    [InlineData("""{"id":"ID","status":42,"done":true}""", false)]
    public async Task Dispose_ClientHasEnded_NotTold(string last, bool hasHead)
    {
        await using var stage = await GatewayStage.StartAsync(OptionalMessages.Cancel);
        var (exchange, id) = await stage.RequestAsync();
        await stage.Client.SendAsync(last.Replace("ID", id, StringComparison.Ordinal));
        Assert.Equal(hasHead, await exchange.ReadHeadAsync().Within());

        exchange.Dispose();

        await stage.NothingSentAsync();
    }

    [Fact]
    public async Task Dispose_RequestNotSent_NotTold()
    {
        await using var stage = await GatewayStage.StartAsync(OptionalMessages.Cancel);
        var exchange = stage.Open();
        exchange.SendHead(endOfRequest: false, upgrade: false);

        exchange.Dispose();

        await stage.NothingSentAsync();
    }

    [Fact]
    public async Task Cancel_BeforeTheRequestIsSent_NeverSent()
    {
        await using var stage = await GatewayStage.StartAsync(OptionalMessages.Cancel);
        using (var exchange = stage.Open())
        {
            exchange.SendHead(endOfRequest: false, upgrade: false);
            exchange.Cancel(ExchangeError.Cancelled);
            await exchange.EndContentAsync(null, Bounded.Token);
        }

        await stage.NothingSentAsync();
    }

    [Theory]
    [InlineData(OptionalMessages.None)]
    [InlineData(OptionalMessages.Credit)]
    public async Task Dispose_ClientDoesNotKnowCancel_NotTold(OptionalMessages accepted)
    {
        await using var stage = await GatewayStage.StartAsync(accepted);
        var (exchange, id) = await stage.RequestAsync();

        exchange.Dispose();

        await stage.Client.RespondAsync(id, 200, "goes on to the end", done: true);
        await stage.NothingSentAsync();
    }
}
