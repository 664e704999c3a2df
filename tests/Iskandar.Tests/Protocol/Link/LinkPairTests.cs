using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;
using Iskandar.Tests.Protocol.Multiplexing;

namespace Iskandar.Tests.Protocol.Link;

/// <summary>Both ends of a link whose connections break at any byte, again and again: no exchange is lost, none comes twice, no byte is wrong.</summary>
public sealed class LinkPairTests
{
    private const int Breaks = 60;

    public static TheoryData<int> Seeds => new(Enumerable.Range(1, 12));

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Connections_BreakAtAnyByte_EveryExchangeGoesOn(int seed)
    {
        var random = new Random(seed);
        var came = new ConcurrentDictionary<string, int>();
        var budget = new ByteBudget(128 * 1024 * 1024);
        await using var pair = await LinkPair.StartAsync(
            exchange =>
            {
                came.AddOrUpdate(exchange.Request.Target, 1, static (_, count) => count + 1);
                return AnswerAsync(exchange);
            },
            time => new GatewayConnectionOptions { TimeProvider = time, Accepted = OptionalMessages.Resume, Budget = budget, HeadTimeout = TimeSpan.FromHours(1) });
        var most = (int[])[200, 3_000, 100_000];
        pair.NextLimits = () =>
        {
            pair.Tick();
            return pair.Resumed >= Breaks ? (long.MaxValue, long.MaxValue) : (random.Next(most[random.Next(3)]), random.Next(most[random.Next(3)]));
        };

        // Something of each kind at once, until there were enough breaks.
        var number = 0;
        var isFirst = true;
        pair.Break();
        while (isFirst || pair.Resumed < Breaks)
        {
            isFirst = false;
            var targets = new List<string>();
            for (var i = 0; i < 8; i++)
            {
                var kind = ((string[])["small", "small", "down", "up", "echo", "fail", "upgrade", "leave"])[i];
                targets.Add($"/{kind}/{number++}/{random.Next(400_000)}");
            }

            await Task.WhenAll(targets.Select(target => Task.Run(() => VisitAsync(pair, target), Bounded.Token))).Within();
            Assert.All(targets, target => Assert.Equal(1, came.GetValueOrDefault(target)));
        }

        Assert.Equal(number, came.Count);
        await pair.ServedAsync();
        Assert.Equal(0, pair.Gateway.ActiveExchanges);
        Assert.Equal(0, pair.Client.Budget.Taken);
        await pair.QuietAsync();
        pair.Tick();
        await pair.QuietAsync();
        await pair.DisposeAsync();
        Assert.Equal(0, budget.Taken);
    }

    [Fact]
    public async Task Idle_ForAnHour_SignsOfLifeAndNoMore()
    {
        await using var pair = await LinkPair.StartAsync(static _ => Task.CompletedTask);
        var (toGateway, toClient) = (pair.Gateway.Received, pair.Client.Received);
        for (var elapsed = 0; elapsed < 3_600; elapsed++)
        {
            pair.Tick();
            await pair.QuietAsync();
        }

        // Each end sends one of PING, PONG and ACK at the most in ten seconds, all of which are 17 bytes long.
        const int Most = 360 * 3 * 17;
        Assert.Equal(0, pair.Resumed);
        Assert.InRange(pair.Gateway.Received - toGateway, 360 * 17, Most);
        Assert.InRange(pair.Client.Received - toClient, 360 * 17, Most);
        Assert.InRange(pair.Gateway.Sender.Held + pair.Client.Sender.Held, 0, 4 * 17);
    }

    [Fact]
    public async Task Detached_NobodyResumes_BothEndsGiveUpAndNothingIsHeld()
    {
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var pair = await LinkPair.StartAsync(async exchange =>
        {
            began.SetResult();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.Infinite, exchange.Cancelled));
        });
        var dials = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.DialsAgain = () => dials.Task;
        using var left = pair.Open();
        left.SendHead(endOfRequest: true, upgrade: false);
        await began.Task.Within();
        pair.Break();
        await Bounded.UntilAsync(() => pair.Client.Resumption is not null && pair.GatewayRuns.All(static run => run.IsCompleted), "both have seen it");
        using var parked = pair.Open();
        parked.SendHead(endOfRequest: true, upgrade: false);

        for (var second = 0; second < 59; second++)
        {
            pair.Tick();
        }

        Assert.Equal((ExchangeError.None, ExchangeError.None, false), (left.Error, parked.Error, pair.Gateway.IsOver));
        pair.Tick();
        Assert.Equal((ExchangeError.TunnelLost, false), (left.Error, left.IsUnsent));
        Assert.Equal((ExchangeError.TunnelLost, true), (parked.Error, parked.IsUnsent));
        Assert.True(pair.Gateway.IsOver);
        Assert.Equal(0, pair.Gateway.Sender.Held);
        Assert.Equal(ExchangeError.TunnelLost, pair.Gateway.TryOpen(out _));

        // The client keeps it a little longer: it can't know when the server noticed.
        Assert.NotNull(pair.Client.Resumption);
        for (var second = 0; second < 15; second++)
        {
            pair.Tick();
        }

        Assert.Null(pair.Client.Resumption);
        dials.SetResult(false);
        await pair.Running.Within();
        await pair.ServedAsync();
    }

    [Fact]
    public async Task GatewayDrains_WhileDetached_GoesOnWhenResumedAndEnds()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var pair = await LinkPair.StartAsync(async exchange =>
        {
            await go.Task;
            await exchange.SendHeadAsync(new ResponseHead { Status = 200 }, "whole"u8.ToArray(), endOfResponse: true, Bounded.Token);
        });
        var dials = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.DialsAgain = () => dials.Task;
        var exchange = pair.Open();
        exchange.SendHead(endOfRequest: true, upgrade: false);
        pair.Break();
        await Bounded.UntilAsync(() => pair.Client.Resumption is not null && pair.GatewayRuns.All(static run => run.IsCompleted), "both have seen it");

        var drained = pair.Gateway.DrainAsync(CancellationToken.None);
        Assert.Equal(ExchangeError.ServerStopping, pair.Gateway.TryOpen(out _));
        dials.SetResult(true);
        go.SetResult();

        Assert.True(await exchange.ReadHeadAsync().Within());
        Assert.Equal("whole", await FrameGatewayStage.ReadAllAsync(exchange));
        Assert.False(drained.IsCompleted);
        exchange.Dispose();
        await drained.Within();
        Assert.True(pair.Gateway.IsOver);
        await pair.Client.GoingAway.Within();
    }

    [Fact]
    public async Task GatewayDrains_WhileDetachedAndNothingIsOpen_EndsAtOnce()
    {
        await using var pair = await LinkPair.StartAsync(static _ => Task.CompletedTask);
        pair.DialsAgain = static () => Task.FromResult(false);
        pair.Break();
        await pair.Running.Within();
        await Task.WhenAll(pair.GatewayRuns).Within();
        Assert.False(pair.Gateway.IsOver);

        await pair.Gateway.DrainAsync(CancellationToken.None).Within();

        Assert.True(pair.Gateway.IsOver);
    }

    [Fact]
    public async Task GatewayGoesAway_TheConnectionIsLostAfterwards_ExchangesGoOn()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var pair = await LinkPair.StartAsync(async exchange =>
        {
            await go.Task;
            await exchange.SendHeadAsync(new ResponseHead { Status = 200 }, "whole"u8.ToArray(), endOfResponse: true, Bounded.Token);
        });
        var exchange = pair.Open();
        exchange.SendHead(endOfRequest: true, upgrade: false);
        var drained = pair.Gateway.DrainAsync(CancellationToken.None);
        await pair.Client.GoingAway.Within();

        pair.Break();
        await Bounded.UntilAsync(() => pair.Resumed == 1, "it is resumed");
        go.SetResult();

        Assert.True(await exchange.ReadHeadAsync().Within());
        Assert.Equal("whole", await FrameGatewayStage.ReadAllAsync(exchange));
        exchange.Dispose();
        pair.Client.StopAccepting();
        await drained.Within();
    }

    private static async Task VisitAsync(LinkPair pair, string target)
    {
        var parts = target.Split('/');
        var (kind, length) = (parts[1], int.Parse(parts[3], CultureInfo.InvariantCulture));
        var content = Pattern.Bytes(length, seed: int.Parse(parts[2], CultureInfo.InvariantCulture));
        using var exchange = pair.Open(target, kind is "up" or "echo" ? "POST" : "GET");
        exchange.SendHead(endOfRequest: kind is not ("up" or "echo" or "upgrade"), upgrade: kind == "upgrade");
        switch (kind)
        {
            case "small":
                Assert.True(await exchange.ReadHeadAsync().Within());
                Assert.Equal(target, await FrameGatewayStage.ReadAllAsync(exchange));
                break;
            case "down":
                Assert.True(await exchange.ReadHeadAsync().Within());
                AssertSame(content, await FrameGatewayStage.ReadBytesAsync(exchange));
                Assert.Equal($"{length}", exchange.Trailers.Find("length"));
                break;
            case "up":
                await SendAllAsync(exchange, content);
                Assert.True(await exchange.ReadHeadAsync().Within());
                Assert.Equal("as sent", await FrameGatewayStage.ReadAllAsync(exchange));
                break;
            case "echo":
                var sending = SendAllAsync(exchange, content);
                Assert.True(await exchange.ReadHeadAsync().Within());
                AssertSame(content, await FrameGatewayStage.ReadBytesAsync(exchange));
                await sending.Within();
                Assert.Equal("b", exchange.Trailers.Find("a"));
                break;
            case "fail":
                await exchange.ReadHeadAsync().Within();
                if (exchange.Error == ExchangeError.None)
                {
                    await FrameGatewayStage.ReadAllAsync(exchange);
                }

                Assert.Equal(ExchangeError.OriginTimeout, exchange.Error);
                return;
            case "upgrade":
                Assert.True(await exchange.ReadHeadAsync().Within());
                for (var i = 0; i < 5; i++)
                {
                    await FrameGatewayStage.SendAsync(exchange, Encoding.UTF8.GetBytes($"{i}"));
                    Assert.Equal($"<{i}>", await FrameGatewayStage.ReadNextAsync(exchange));
                }

                await exchange.EndContentAsync(null, Bounded.Token);
                Assert.Equal("bye", await FrameGatewayStage.ReadAllAsync(exchange));
                break;
            case "leave":
                Assert.True(await exchange.ReadHeadAsync().Within(), $"{target}: {exchange.Error}");
                exchange.Cancel(ExchangeError.Cancelled);
                return;
        }

        Assert.Equal(ExchangeError.None, exchange.Error);
    }

    private static async Task SendAllAsync(IGatewayExchange exchange, byte[] content)
    {
        Assert.Equal(ExchangeError.None, await exchange.SendContentAsync(new ReadOnlySequence<byte>(content), Bounded.Token).Within());
        var trailers = new FieldSection();
        trailers.Add("a", "b");
        await exchange.EndContentAsync(trailers, Bounded.Token).Within();
    }

    private static async Task AnswerAsync(IClientExchange exchange)
    {
        var parts = exchange.Request.Target.Split('/');
        var (kind, length) = (parts[1], int.Parse(parts[3], CultureInfo.InvariantCulture));
        var expected = Pattern.Bytes(length, seed: int.Parse(parts[2], CultureInfo.InvariantCulture));
        var head = new ResponseHead { Status = kind == "upgrade" ? 101 : 200 };
        var buffer = new byte[30_000];
        switch (kind)
        {
            case "small":
                await exchange.SendHeadAsync(head, Encoding.UTF8.GetBytes(exchange.Request.Target), endOfResponse: true, Bounded.Token);
                break;
            case "down":
                await exchange.SendHeadAsync(head, default, endOfResponse: false, Bounded.Token);
                for (var sent = 0; sent < length; sent += buffer.Length)
                {
                    await exchange.SendContentAsync(expected.AsMemory(sent, Math.Min(buffer.Length, length - sent)), endOfResponse: false, Bounded.Token);
                }

                var trailers = new FieldSection();
                trailers.Add("length", $"{length}");
                exchange.SendTrailers(trailers);
                break;
            case "up":
                using (var all = new MemoryStream())
                {
                    await exchange.OpenContent().CopyToAsync(all, Bounded.Token);
                    AssertSame(expected, all.ToArray());
                    Assert.Equal("b", exchange.RequestTrailers.Find("a"));
                }

                await exchange.SendHeadAsync(head, "as sent"u8.ToArray(), endOfResponse: true, Bounded.Token);
                break;
            case "echo":
                await exchange.SendHeadAsync(head, default, endOfResponse: false, Bounded.Token);
                var content = exchange.OpenContent();
                for (var count = await content.ReadAsync(buffer, Bounded.Token); count > 0; count = await content.ReadAsync(buffer, Bounded.Token))
                {
                    await exchange.SendContentAsync(buffer.AsMemory(0, count), endOfResponse: false, Bounded.Token);
                }

                exchange.SendTrailers(exchange.RequestTrailers);
                break;
            case "fail":
                if (length % 2 == 0)
                {
                    await exchange.SendHeadAsync(head, "part"u8.ToArray(), endOfResponse: false, Bounded.Token);
                }

                exchange.Fail(ExchangeError.OriginTimeout);
                break;
            case "upgrade":
                await exchange.SendHeadAsync(head, default, endOfResponse: false, Bounded.Token);
                var bytes = exchange.OpenContent();
                for (var count = await bytes.ReadAsync(buffer, Bounded.Token); count > 0; count = await bytes.ReadAsync(buffer, Bounded.Token))
                {
                    await exchange.SendContentAsync(Encoding.UTF8.GetBytes($"<{Encoding.UTF8.GetString(buffer, 0, count)}>"), endOfResponse: false, Bounded.Token);
                }

                await exchange.SendContentAsync("bye"u8.ToArray(), endOfResponse: true, Bounded.Token);
                break;
            case "leave":
                await exchange.SendHeadAsync(head, "part"u8.ToArray(), endOfResponse: false, Bounded.Token);
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.Infinite, exchange.Cancelled));
                break;
        }
    }

    private static void AssertSame(byte[] expected, byte[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.True(expected.AsSpan().SequenceEqual(actual), $"The bytes differ from {expected.AsSpan().CommonPrefixLength(actual)} on.");
    }
}
