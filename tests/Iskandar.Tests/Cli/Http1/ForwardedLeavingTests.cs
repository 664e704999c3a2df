using System.IO.Pipelines;
using System.Net.Sockets;
using Iskandar.Tests.Client.Hosting;
using Iskandar.Tests.Infrastructure;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Cli.Http1;

/// <summary>Visitors who leave, and origins that can't be reached.</summary>
public sealed class ForwardedLeavingTests
{
    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-")]
    [InlineData("HTTP/1.1 103 Early Hints\r\n\r\n")]
    public async Task Visitor_LeavesWhileTheHeadIsAwaited_ConnectionGivenUp(string start)
    {
        await using var stage = OriginStage.RawMany(out var origins);
        var exchange = new FakeExchange();
        var running = stage.ForwardAsync(exchange);
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);
        await origin.SayAsync(start);

        await exchange.CancelAsync();

        Assert.Equal("", await origin.HearToEndAsync());
        Assert.DoesNotContain(await running, static line => line.EndsWith('.'));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n")]
    public async Task Visitor_LeavesWhileContentComes_ConnectionGivenUp(string start)
    {
        await using var stage = OriginStage.RawMany(out var origins);
        var exchange = new FakeExchange();
        var running = stage.ForwardAsync(exchange);
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);
        await origin.SayAsync(start);
        await exchange.UntilSentAsync("200 hello");

        await exchange.CancelAsync();

        Assert.Equal("", await origin.HearToEndAsync());
        Assert.DoesNotContain(await running, static line => line.EndsWith('.'));
    }

    [Fact]
    public async Task Visitor_LeavesDuringAnUpload_ConnectionGivenUp()
    {
        await using var stage = OriginStage.RawMany(out var origins);
        var content = new Pipe();
        var exchange = new FakeExchange("POST") { Arriving = content.Reader.AsStream(), ArrivingLength = 10 };
        var running = stage.ForwardAsync(exchange);
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);

        await exchange.CancelAsync();

        Assert.Equal("", await origin.HearToEndAsync());
        Assert.DoesNotContain(await running, static line => line.EndsWith('.'));
    }

    [Fact]
    public async Task Visitor_LeavesWhileAnOriginReadsNothing_ConnectionGivenUp()
    {
        await using var stage = OriginStage.RawMany(out var origins, capacity: 1024);
        var exchange = new FakeExchange("POST") { Arriving = new MemoryStream(new byte[100_000]), ArrivingLength = 100_000 };
        var running = stage.ForwardAsync(exchange);
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);

        await exchange.CancelAsync();

        Assert.True((await origin.HearToEndAsync()).Length < 100_000);
        Assert.DoesNotContain(await running, static line => line.EndsWith('.'));
    }

    [Fact]
    public async Task Visitor_LeavesWhileConnecting_NotConnectedAnyFurther()
    {
        var connecting = new TaskCompletionSource<CancellationToken>();
        await using var stage = OriginStage.Connecting(async cancellationToken =>
        {
            connecting.SetResult(cancellationToken);
            return await new TaskCompletionSource<Stream>().Task.WaitAsync(cancellationToken);
        });
        var exchange = new FakeExchange();
        var running = stage.ForwardAsync(exchange);
        var token = await connecting.Task.Within();

        await exchange.CancelAsync();

        Assert.DoesNotContain(await running, static line => line.EndsWith('.'));
        Assert.True(token.IsCancellationRequested);
    }

    [Fact]
    public async Task Visitor_LeftBefore_NotConnected()
    {
        await using var stage = OriginStage.RawMany(out var origins);
        var exchange = new FakeExchange();
        await exchange.CancelAsync();

        Assert.DoesNotContain(await stage.ForwardAsync(exchange), static line => line.EndsWith('.'));

        Assert.False(origins.TryRead(out _));
    }

    [Fact]
    public async Task Visitor_WhoLeftAfterTheEnd_ConnectionNotHarmed()
    {
        await using var stage = OriginStage.RawMany(out var origins);
        Stream? origin = null;
        for (var i = 0; i < 3; i++)
        {
            var exchange = new FakeExchange();
            var running = stage.ForwardAsync(exchange);
            origin ??= await origins.ReadAsync(Bounded.Token).Within();
            await OriginStage.ReadHeadAsync(origin);
            await origin.SayAsync("HTTP/1.1 204 No Content\r\n\r\n");
            Assert.Equal(["204 ."], await running);

            await exchange.CancelAsync();
        }

        await origin!.DisposeAsync();
    }

    [Fact]
    public async Task Origin_NotConnectedInTime_Unreachable()
    {
        var time = new FakeTimeProvider();
        var connecting = new TaskCompletionSource();
        await using var stage = OriginStage.Connecting(
            async cancellationToken =>
            {
                connecting.SetResult();
                return await new TaskCompletionSource<Stream>().Task.WaitAsync(cancellationToken);
            },
            time);
        var running = stage.ForwardAsync(new FakeExchange());
        await connecting.Task.Within();

        time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(running.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["failed origin_unreachable"], await running);
    }

    [Fact]
    public async Task Origin_Refuses_Unreachable()
    {
        await using var stage = OriginStage.Connecting(static _ => throw new SocketException((int)SocketError.ConnectionRefused));

        Assert.Equal(["failed origin_unreachable"], await stage.ForwardAsync(new FakeExchange("POST", "/", "hello")));
    }
}
