using System.Buffers;
using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Connections;

/// <summary>Credit, and the bounds on what is held for slow visitors.</summary>
public sealed class GatewayFlowControlTests
{
    // Not a multiple of three: base64 pads.
    private const int Window = 62;

    [Theory]
    [InlineData(1)]
    [InlineData(Window - 1)]
    [InlineData(Window)]
    public async Task Credit_UpToTheWindow_Taken(int length)
    {
        await using var stage = await StartAsync();
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.RespondAsync(id, 200, new string('x', length), done: true);

            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.Equal(length, (await GatewayStage.ReadAllAsync(exchange)).Length);
            Assert.Equal(ExchangeError.None, exchange.Error);
        }
    }

    [Theory]
    [InlineData(Window + 1)]
    [InlineData(Window + 2)]
    [InlineData(Window + 3)]
    [InlineData(Window * 10)]
    public async Task Credit_MoreThanTheWindow_ExchangeAborted(int length)
    {
        await using var stage = await StartAsync();
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.RespondAsync(id, 200, new string('x', length), done: true);

            Assert.False(await exchange.ReadHeadAsync().Within());
            Assert.Equal(ExchangeError.ResponseInvalid, exchange.Error);
        }

        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Credit_MoreThanTheWindowInPieces_ContentBreaksOff()
    {
        await using var stage = await StartAsync();
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.RespondAsync(id, 200, new string('x', Window));
            Assert.True(await exchange.ReadHeadAsync().Within());
            var failed = GatewayStage.FailedAsync(exchange);
            await stage.Client.RespondAsync(id, body: "y");
            await failed;

            Assert.Equal(Window, (await GatewayStage.ReadAllAsync(exchange)).Length);
            Assert.Equal(ExchangeError.ResponseInvalid, exchange.Error);
        }
    }

    [Fact]
    public async Task Credit_EscapedBase64_BytesCountNotCharacters()
    {
        await using var stage = await StartAsync();
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            // As some writers of JSON write "/"; what is counted are the bytes before base64.
            var body = Convert.ToBase64String(Enumerable.Repeat((byte)0xFF, Window).ToArray()).Replace("/", "\\/", StringComparison.Ordinal);
            await stage.Client.SendAsync($$"""{"type":"response","id":"{{id}}","status":200,"body":"{{body}}","done":true}""");

            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.Equal(ExchangeError.None, exchange.Error);
        }
    }

    [Fact]
    public async Task Credit_VisitorTakesContent_ReturnedAndUsable()
    {
        await using var stage = await StartAsync();
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.RespondAsync(id, 200, new string('x', Window));
            Assert.True(await exchange.ReadHeadAsync().Within());
            for (var round = 0; round < 10; round++)
            {
                Assert.Equal(Window, (await GatewayStage.ReadNextAsync(exchange)).Length);
                var credit = await stage.Client.MessageAsync("credit");
                Assert.Equal((id, Window), ((string)credit["id"]!, (int)credit["bytes"]!));
                await stage.Client.RespondAsync(id, body: new string('x', Window));
            }

            Assert.Equal(ExchangeError.None, exchange.Error);
        }
    }

    [Fact]
    public async Task Credit_NothingTakenByTheVisitor_NoneReturned()
    {
        await using var stage = await StartAsync();
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.RespondAsync(id, 200, new string('x', Window));
            Assert.True(await exchange.ReadHeadAsync().Within());

            await stage.NothingSentAsync();
        }
    }

    [Fact]
    public async Task Credit_ResponseComplete_NoneReturned()
    {
        await using var stage = await StartAsync();
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.RespondAsync(id, 200, new string('x', Window), done: true);
            Assert.True(await exchange.ReadHeadAsync().Within());
            await GatewayStage.ReadAllAsync(exchange);

            await stage.NothingSentAsync();
        }
    }

    [Fact]
    public async Task Credit_NotAccepted_NoneSentAndNoneNeeded()
    {
        await using var stage = await GatewayStage.StartAsync(time => new GatewayConnectionOptions { TimeProvider = time, Window = Window });
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.RespondAsync(id, 200, new string('x', Window * 5));
            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.Equal(Window * 5, (await GatewayStage.ReadNextAsync(exchange)).Length);

            await stage.NothingSentAsync();
        }
    }

    [Fact]
    public async Task Buffered_OverTheLimitOfTheConnection_ExchangeThatHoldsTheMostIsAborted()
    {
        await using var stage = await GatewayStage.StartAsync(time => new GatewayConnectionOptions { TimeProvider = time, MaxBufferedResponses = 1_000 });
        var (large, largeId) = await stage.RequestAsync();
        var (small, smallId) = await stage.RequestAsync();
        using (large)
        using (small)
        {
            await stage.Client.RespondAsync(largeId, 200, new string('l', 600));
            await stage.Client.RespondAsync(smallId, 200, new string('s', 400));
            Assert.True(await large.ReadHeadAsync().Within());
            Assert.True(await small.ReadHeadAsync().Within());
            Assert.Equal(ExchangeError.None, large.Error);

            var failed = GatewayStage.FailedAsync(large);
            await stage.Client.RespondAsync(smallId, body: "s");
            await failed;

            Assert.Equal((ExchangeError.ResponseOverflow, ExchangeError.None), (large.Error, small.Error));
            await stage.Client.RespondAsync(smallId, body: "end", done: true);
            Assert.Equal(new string('s', 401) + "end", await GatewayStage.ReadAllAsync(small));
            Assert.Equal(ExchangeError.None, small.Error);
        }

        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Buffered_WhatTheVisitorTook_CountsNoMore()
    {
        await using var stage = await GatewayStage.StartAsync(time => new GatewayConnectionOptions { TimeProvider = time, MaxBufferedResponses = 1_000 });
        var (exchange, id) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.RespondAsync(id, 200);
            Assert.True(await exchange.ReadHeadAsync().Within());
            for (var i = 0; i < 20; i++)
            {
                await stage.Client.RespondAsync(id, body: new string('x', 900));
                Assert.Equal(900, (await GatewayStage.ReadNextAsync(exchange)).Length);
            }

            Assert.Equal(ExchangeError.None, exchange.Error);
        }
    }

    [Fact]
    public async Task Budget_ResponseContent_TakenAndGivenBackInTheEnd()
    {
        var budget = new ByteBudget(1_000);
        await using var stage = await GatewayStage.StartAsync(time => new GatewayConnectionOptions { TimeProvider = time, Budget = budget });
        var (read, readId) = await stage.RequestAsync();
        var (unread, unreadId) = await stage.RequestAsync();
        await stage.Client.RespondAsync(readId, 200, new string('x', 100), done: true);
        await stage.Client.RespondAsync(unreadId, 200, new string('x', 200), done: true);
        Assert.True(await read.ReadHeadAsync().Within());
        Assert.True(await unread.ReadHeadAsync().Within());
        Assert.Equal(300, budget.Taken);

        await GatewayStage.ReadAllAsync(read);
        Assert.Equal(200, budget.Taken);
        read.Dispose();
        unread.Dispose();

        Assert.Equal(0, budget.Taken);
    }

    [Fact]
    public async Task Budget_UsedUp_RefusedAndZeroInTheEnd()
    {
        var budget = new ByteBudget(1_000);
        await using var stage = await GatewayStage.StartAsync(time => new GatewayConnectionOptions { TimeProvider = time, Budget = budget });
        var (response, id) = await stage.RequestAsync();
        await stage.Client.RespondAsync(id, 200, new string('x', 2_000), done: true);
        Assert.False(await response.ReadHeadAsync().Within());
        Assert.Equal((ExchangeError.ResponseOverflow, 502), (response.Error, response.ErrorStatus));
        response.Dispose();

        var request = stage.Open();
        request.SendHead(endOfRequest: false, upgrade: false);
        Assert.Equal(ExchangeError.None, await request.SendContentAsync(Bytes(800), Bounded.Token));
        Assert.Equal(800, budget.Taken);
        Assert.Equal(ExchangeError.ServerBusy, await request.SendContentAsync(Bytes(300), Bounded.Token));
        request.Dispose();

        Assert.Equal(0, budget.Taken);
    }

    [Theory]
    [InlineData("YWJj*")]
    [InlineData("YWJjYWJjYWJj=")]
    [InlineData("\\/\\/\\/*")]
    public async Task Budget_BodyThatIsNotBase64_ZeroInTheEnd(string body)
    {
        var budget = new ByteBudget(1_000);
        await using var stage = await GatewayStage.StartAsync(time => new GatewayConnectionOptions { TimeProvider = time, Budget = budget });
        var (exchange, id) = await stage.RequestAsync();
        await stage.Client.SendAsync($$"""{"id":"{{id}}","status":200,"body":"{{body}}","done":true}""");
        Assert.False(await exchange.ReadHeadAsync().Within());

        exchange.Dispose();
        await stage.StillServesAsync();

        Assert.Equal(0, budget.Taken);
    }

    [Fact]
    public async Task Budget_RequestSent_GivenBack()
    {
        var budget = new ByteBudget(1_000);
        await using var stage = await GatewayStage.StartAsync(time => new GatewayConnectionOptions { TimeProvider = time, Budget = budget });
        using var exchange = stage.Open();
        exchange.SendHead(endOfRequest: false, upgrade: false);
        await exchange.SendContentAsync(Bytes(500), Bounded.Token);

        await exchange.EndContentAsync(null, Bounded.Token);

        Assert.Equal(500, JsonPeer.BodyBytes(await stage.Client.MessageAsync("request")).Length);
        Assert.Equal(0, budget.Taken);
    }

    private static Task<GatewayStage> StartAsync() => GatewayStage.StartAsync(
        time => new GatewayConnectionOptions { TimeProvider = time, Window = Window, Accepted = OptionalMessages.Credit });

    private static ReadOnlySequence<byte> Bytes(int length) => new(Encoding.ASCII.GetBytes(new string('x', length)));
}
