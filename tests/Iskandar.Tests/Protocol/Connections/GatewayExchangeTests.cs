using System.Buffers;
using Iskandar.Protocol.Connections;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Connections;

/// <summary>Exchanges of the server's end when all goes well.</summary>
public sealed class GatewayExchangeTests
{
    [Fact]
    public async Task Response_InOneMessage_HeadAndContent()
    {
        await using var stage = await GatewayStage.StartAsync();
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.SendAsync($$"""{"type":"response","id":"{{id}}","status":201,"headers":{"x":"y"},"body":"aGVsbG8=","done":true}""");

            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.Equal((201, "y", ExchangeError.None), (exchange.Response.Status, exchange.Response.Fields.Find("x"), exchange.Error));
            Assert.Equal("hello", await GatewayStage.ReadAllAsync(exchange));
            Assert.Equal(ExchangeError.None, exchange.Error);
        }
    }

    [Fact]
    public async Task Response_InPieces_EachThereAtOnce()
    {
        await using var stage = await GatewayStage.StartAsync();
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.RespondAsync(id, 200);
            Assert.True(await exchange.ReadHeadAsync().Within());
            foreach (var piece in (string[])["one", "two", "three"])
            {
                await stage.Client.RespondAsync(id, body: piece);
                Assert.Equal(piece, await GatewayStage.ReadNextAsync(exchange));
            }

            await stage.Client.RespondAsync(id, body: "four", done: true);
            Assert.Equal("four", await GatewayStage.ReadAllAsync(exchange));
            Assert.Equal(ExchangeError.None, exchange.Error);
        }
    }

    [Fact]
    public async Task Response_StatusAndHeadersInLaterMessages_Ignored()
    {
        await using var stage = await GatewayStage.StartAsync();
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.RespondAsync(id, 200, "a");
            Assert.True(await exchange.ReadHeadAsync().Within());
            await stage.Client.SendAsync($$"""{"id":"{{id}}","status":999,"headers":{"x":"y"},"body":"Yg==","done":true}""");

            Assert.Equal("ab", await GatewayStage.ReadAllAsync(exchange));
            Assert.Equal((200, null), (exchange.Response.Status, exchange.Response.Fields.Find("x")));
        }
    }

    [Fact]
    public async Task Request_WithContent_OneMessageWithAllOfIt()
    {
        await using var stage = await GatewayStage.StartAsync();
        using var exchange = stage.Open();
        exchange.Request.Method = "POST";
        exchange.Request.Fields.Add("Content-Type", "text/plain");
        exchange.SendHead(endOfRequest: false, upgrade: false);

        Assert.Equal(ExchangeError.None, await exchange.SendContentAsync(new ReadOnlySequence<byte>("hello "u8.ToArray()), Bounded.Token));
        Assert.Equal(ExchangeError.None, await exchange.SendContentAsync(new ReadOnlySequence<byte>("world"u8.ToArray()), Bounded.Token));
        await exchange.EndContentAsync(null, Bounded.Token);

        var request = await stage.Client.MessageAsync("request");
        Assert.Equal(("POST", "/", "hello world"), ((string)request["method"]!, (string)request["path"]!, JsonPeer.Body(request)));
        Assert.Equal("text/plain", (string)request["headers"]!["content-type"]!);
    }

    [Fact]
    public async Task Request_ContentOverTheLimit_RefusedAndNothingSent()
    {
        await using var stage = await GatewayStage.StartAsync(time => new GatewayConnectionOptions { TimeProvider = time, MaxBufferedRequest = 10 });
        using (var exchange = stage.Open())
        {
            exchange.SendHead(endOfRequest: false, upgrade: false);
            Assert.Equal(10, stage.Connection.MaxRequestContent);
            Assert.Equal(ExchangeError.None, await exchange.SendContentAsync(new ReadOnlySequence<byte>(new byte[10]), Bounded.Token));
            Assert.Equal(ExchangeError.ContentTooLarge, await exchange.SendContentAsync(new ReadOnlySequence<byte>(new byte[1]), Bounded.Token));
            exchange.Cancel(ExchangeError.ContentTooLarge);
            Assert.False(await exchange.ReadHeadAsync().Within());
            Assert.Equal((ExchangeError.ContentTooLarge, 413), (exchange.Error, exchange.ErrorStatus));
        }

        await stage.NothingSentAsync();
    }

    [Fact]
    public async Task Response_AsFastAsTheClientCan_NeverLost()
    {
        const int Rounds = 3_000;
        await using var stage = await GatewayStage.StartAsync();
        var answering = Task.Run(
            async () =>
            {
                for (var round = 0; round < Rounds; round++)
                {
                    await stage.Client.RespondAsync(await stage.Client.RequestAsync(), 200, $"{round}", done: true);
                }
            },
            Bounded.Token);

        for (var round = 0; round < Rounds; round++)
        {
            using var exchange = stage.Open();
            exchange.SendHead(endOfRequest: true, upgrade: false);
            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.Equal($"{round}", await GatewayStage.ReadAllAsync(exchange));
        }

        await answering.Within();
        Assert.Equal(0, stage.Connection.ActiveExchanges);
    }

    [Fact]
    public async Task Responses_InReverseOrder_EachToItsExchange()
    {
        const int Exchanges = 50;
        await using var stage = await GatewayStage.StartAsync();
        var open = new List<(IGatewayExchange Exchange, string Id)>();
        for (var i = 0; i < Exchanges; i++)
        {
            open.Add(await stage.RequestAsync());
        }

        Assert.Equal(Exchanges, stage.Connection.ActiveExchanges);
        Assert.Equal(Exchanges, open.Select(static each => each.Id).Distinct().Count());
        open.Reverse();
        foreach (var (_, id) in open)
        {
            await stage.Client.RespondAsync(id, 200, $"for {id}", done: true);
        }

        foreach (var (exchange, id) in open)
        {
            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.Equal($"for {id}", await GatewayStage.ReadAllAsync(exchange));
            exchange.Dispose();
        }

        Assert.Equal(0, stage.Connection.ActiveExchanges);
    }

    [Fact]
    public async Task Exchanges_ManyAtOnceFromManyThreads_NoneMixedUp()
    {
        await using var stage = await GatewayStage.StartAsync();
        var answering = Task.Run(
            async () =>
            {
                for (var i = 0; i < 8 * 100; i++)
                {
                    var request = await stage.Client.MessageAsync("request");
                    var id = (string)request["id"]!;
                    await stage.Client.RespondAsync(id, 200, "echo ");
                    await stage.Client.RespondAsync(id, body: (string)request["path"]!, done: true);
                }
            },
            Bounded.Token);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(
            async () =>
            {
                for (var i = 0; i < 100; i++)
                {
                    using var exchange = stage.Open();
                    exchange.Request.Target = $"/{worker}/{i}";
                    exchange.SendHead(endOfRequest: true, upgrade: false);
                    Assert.True(await exchange.ReadHeadAsync().Within());
                    Assert.Equal($"echo /{worker}/{i}", await GatewayStage.ReadAllAsync(exchange));
                }
            },
            Bounded.Token))).Within();

        await answering.Within();
        Assert.Equal(0, stage.Connection.ActiveExchanges);
    }

    [Fact]
    public async Task TryOpen_AsManyAsAllowed_TunnelBusyUntilOneEnds()
    {
        await using var stage = await GatewayStage.StartAsync(time => new GatewayConnectionOptions { TimeProvider = time, MaxExchanges = 2 });
        var first = stage.Open();
        using var second = stage.Open();

        Assert.Equal(ExchangeError.TunnelBusy, stage.Connection.TryOpen(out var third));
        Assert.Null(third);

        first.Dispose();
        stage.Open().Dispose();
        Assert.Equal(1, stage.Connection.ActiveExchanges);
    }

    [Fact]
    public async Task Messages_ForAnExchangeThatIsOver_ReachNobody()
    {
        await using var stage = await GatewayStage.StartAsync();
        var (first, firstId) = await stage.RequestAsync();
        first.Dispose();
        var (second, secondId) = await stage.RequestAsync();
        using (second)
        {
            await stage.Client.RespondAsync(firstId, 500, "late", done: true);
            await stage.Client.RespondAsync("no such id", 500, "nobody's", done: true);
            await stage.Client.RespondAsync(secondId, 200, "right", done: true);

            Assert.True(await second.ReadHeadAsync().Within());
            await stage.Client.RespondAsync(secondId, body: " and more", done: true);
            Assert.Equal((200, "right"), (second.Response.Status, await GatewayStage.ReadAllAsync(second)));
        }
    }
}
