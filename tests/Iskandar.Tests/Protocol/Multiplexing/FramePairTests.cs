using System.Buffers;
using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>Both ends against each other.</summary>
public sealed class FramePairTests
{
    /// <summary>What an app may say, and what the visitor's side then knows.</summary>
    public static TheoryData<ExchangeError> Failures => new(
        ExchangeError.OriginUnreachable,
        ExchangeError.OriginFailed,
        ExchangeError.OriginInvalid,
        ExchangeError.OriginTimeout,
        ExchangeError.RequestInvalid,
        ExchangeError.TunnelClosing,
        ExchangeError.TunnelBusy,
        ExchangeError.ResponseHeadTooLarge,
        ExchangeError.ResponseOverflow);

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task App_Fails_TheGatewayKnowsWhy(ExchangeError error)
    {
        await using var pair = await FramePair.StartAsync(async exchange =>
        {
            if (exchange.Request.Target == "/late")
            {
                await exchange.SendHeadAsync(new ResponseHead { Status = 200 }, "part"u8.ToArray(), endOfResponse: false, Bounded.Token);
            }

            exchange.Fail(error);
        });

        using var early = await pair.GetAsync("/early");
        using var late = await pair.GetAsync("/late");

        Assert.Equal(error, early.Error);
        Assert.Contains(await FrameGatewayStage.ReadAllAsync(late), (string[])["", "part"]);
        Assert.Equal(error, late.Error);
    }

    [Fact]
    public async Task App_ReturnsWithoutAnAnswer_OriginFailed()
    {
        await using var pair = await FramePair.StartAsync(static _ => Task.CompletedTask);

        using var exchange = await pair.GetAsync();

        Assert.Equal(ExchangeError.OriginFailed, exchange.Error);
    }

    [Fact]
    public async Task Continue_AskedFor_TheGatewayIsToldAndTheExchangeGoesOn()
    {
        await using var pair = await FramePair.StartAsync(static async exchange =>
        {
            exchange.SendInformational(new ResponseHead { Status = 103 });
            exchange.SendInformational(new ResponseHead { Status = 100 });
            var content = new byte[5];
            await exchange.OpenContent().ReadExactlyAsync(content, Bounded.Token);
            await exchange.SendHeadAsync(new ResponseHead { Status = 200 }, content, endOfResponse: true, Bounded.Token);

            // Too late for it: it must not spoil what was sent.
            exchange.SendInformational(new ResponseHead { Status = 100 });
        });
        using var exchange = pair.Open();
        exchange.SendHead(endOfRequest: false, upgrade: false);

        Assert.True(await exchange.WaitForContinueAsync().Within());
        await exchange.SendContentAsync(new ReadOnlySequence<byte>("hello"u8.ToArray()), Bounded.Token);
        await exchange.EndContentAsync(null, Bounded.Token);

        Assert.True(await exchange.ReadHeadAsync().Within());
        Assert.Equal("hello", await FrameGatewayStage.ReadAllAsync(exchange));
        await pair.ServedAsync();
        Assert.Equal(ExchangeError.None, exchange.Error);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Continue_NotAskedFor_TheGatewayKnowsWithTheAnswer(bool fails)
    {
        await using var pair = await FramePair.StartAsync(async exchange =>
        {
            if (fails)
            {
                exchange.Fail(ExchangeError.OriginFailed);
                return;
            }

            await exchange.SendHeadAsync(new ResponseHead { Status = 417 }, default, endOfResponse: true, Bounded.Token);
        });
        using var exchange = pair.Open();
        exchange.SendHead(endOfRequest: false, upgrade: false);

        Assert.False(await exchange.WaitForContinueAsync().Within());
        Assert.Equal(!fails, await exchange.ReadHeadAsync().Within());
    }

    [Fact]
    public async Task Visitor_Leaves_TheAppsTokenFires()
    {
        var at = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var pair = await FramePair.StartAsync(async exchange =>
        {
            at.SetResult();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.Infinite, exchange.Cancelled));
        });
        var exchange = pair.Open();
        exchange.SendHead(endOfRequest: true, upgrade: false);
        await at.Task.Within();

        exchange.Cancel(ExchangeError.Cancelled);
        exchange.Dispose();

        await pair.ServedAsync();
    }

    [Fact]
    public async Task UploadAndDownload_FarMoreThanTheWindows_BothWhole()
    {
        const int Length = 3_000_000;
        await using var pair = await FramePair.StartAsync(static async exchange =>
        {
            // An echo, as it comes.
            await exchange.SendHeadAsync(new ResponseHead { Status = 200 }, default, endOfResponse: false, Bounded.Token);
            var content = exchange.OpenContent();
            var buffer = new byte[50_000];
            for (var count = await content.ReadAsync(buffer, Bounded.Token); count > 0; count = await content.ReadAsync(buffer, Bounded.Token))
            {
                await exchange.SendContentAsync(buffer.AsMemory(0, count), endOfResponse: false, Bounded.Token);
            }

            exchange.SendTrailers(exchange.RequestTrailers);
        });
        using var exchange = pair.Open();
        exchange.SendHead(endOfRequest: false, upgrade: false);
        var sent = Pattern.Bytes(Length);
        var sending = SendAllAsync(exchange, sent);

        Assert.True(await exchange.ReadHeadAsync().Within());
        var received = await FrameGatewayStage.ReadBytesAsync(exchange);

        await sending.Within();
        Assert.Equal(sent, received);
        Assert.Equal((ExchangeError.None, "b"), (exchange.Error, exchange.Trailers.Find("a")));

        static async Task SendAllAsync(IGatewayExchange exchange, byte[] content)
        {
            Assert.Equal(ExchangeError.None, await exchange.SendContentAsync(new ReadOnlySequence<byte>(content), Bounded.Token));
            var trailers = new FieldSection();
            trailers.Add("a", "b");
            await exchange.EndContentAsync(trailers, Bounded.Token);
        }
    }

    [Fact]
    public async Task Upgrade_Agreed_AConversation()
    {
        await using var pair = await FramePair.StartAsync(static async exchange =>
        {
            Assert.True(exchange.IsUpgrade);
            await exchange.SendHeadAsync(new ResponseHead { Status = 101 }, default, endOfResponse: false, Bounded.Token);
            var content = exchange.OpenContent();
            var buffer = new byte[100];
            for (var count = await content.ReadAsync(buffer, Bounded.Token); count > 0; count = await content.ReadAsync(buffer, Bounded.Token))
            {
                await exchange.SendContentAsync(Encoding.UTF8.GetBytes($"<{Encoding.UTF8.GetString(buffer, 0, count)}>"), endOfResponse: false, Bounded.Token);
            }

            await exchange.SendContentAsync("bye"u8.ToArray(), endOfResponse: true, Bounded.Token);
        });
        using var exchange = pair.Open(method: "GET");
        exchange.SendHead(endOfRequest: false, upgrade: true);
        Assert.True(await exchange.ReadHeadAsync().Within());
        for (var i = 0; i < 10; i++)
        {
            await FrameGatewayStage.SendAsync(exchange, Encoding.UTF8.GetBytes($"{i}"));
            Assert.Equal($"<{i}>", await FrameGatewayStage.ReadNextAsync(exchange));
        }

        await exchange.EndContentAsync(null, Bounded.Token);

        Assert.Equal("bye", await FrameGatewayStage.ReadAllAsync(exchange));
        Assert.Equal(ExchangeError.None, exchange.Error);
    }

    [Fact]
    public async Task Client_StopsAccepting_TheGatewayOpensNoMore()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var pair = await FramePair.StartAsync(async exchange =>
        {
            await go.Task;
            await exchange.SendHeadAsync(new ResponseHead { Status = 204 }, default, endOfResponse: true, Bounded.Token);
        });
        using var exchange = pair.Open();
        exchange.SendHead(endOfRequest: true, upgrade: false);

        pair.Client.StopAccepting();
        await Bounded.UntilAsync(() => pair.Gateway.TryOpen(out var another) == ExchangeError.TunnelClosing || Dispose(another), "the gateway knows");
        go.SetResult();

        // The first one had been opened before; whether the client had seen it by then is a matter of luck.
        Assert.Equal(await exchange.ReadHeadAsync().Within() ? ExchangeError.None : ExchangeError.TunnelClosing, exchange.Error);

        static bool Dispose(IGatewayExchange? exchange)
        {
            exchange?.Dispose();
            return false;
        }
    }

    [Fact]
    public async Task Gateway_Drains_TheClientEndsWithTheReason()
    {
        await using var pair = await FramePair.StartAsync(static async exchange =>
            await exchange.SendHeadAsync(new ResponseHead { Status = 204 }, default, endOfResponse: true, Bounded.Token));
        var exchange = await pair.GetAsync();
        var drained = pair.Gateway.DrainAsync(CancellationToken.None);
        Assert.False(drained.IsCompleted);

        exchange.Dispose();

        await drained.Within();
        await pair.GatewayRunning.Within();
        pair.HangUp();
        Assert.Equal("The server is stopping.", await pair.ClientRunning.Within());
    }

    [Fact]
    public async Task Client_HasLessRoomThanTheGateway_TunnelBusy()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var pair = await FramePair.StartAsync(
            async exchange =>
            {
                await go.Task;
                await exchange.SendHeadAsync(new ResponseHead { Status = 204 }, default, endOfResponse: true, Bounded.Token);
            },
            clientOptions: new ClientConnectionOptions { MaxExchanges = 1 });
        using var first = pair.Open();
        first.SendHead(endOfRequest: true, upgrade: false);

        using (var second = await pair.GetAsync())
        {
            Assert.Equal(ExchangeError.TunnelBusy, second.Error);
        }

        go.SetResult();
        Assert.True(await first.ReadHeadAsync().Within());
    }
}
