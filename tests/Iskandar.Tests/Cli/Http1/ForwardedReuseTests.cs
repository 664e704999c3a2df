using System.Threading.Channels;
using Iskandar.Tests.Client.Hosting;
using Iskandar.Tests.Infrastructure;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Cli.Http1;

/// <summary>Which connection a request goes on, and which requests are made a second time.</summary>
public sealed class ForwardedReuseTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData("GET", Answer)]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n")]
    [InlineData("GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 100 Continue\r\n\r\n" + Answer)]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")]
    [InlineData("POST", Answer)]
    public async Task Connection_AfterACompleteResponse_UsedAgain(string method, string response)
    {
        await using var stage = OriginStage.RawMany(out var origins, _time);
        var first = stage.ForwardAsync(new FakeExchange(method));
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        for (var i = 0; i < 3; i++)
        {
            await OriginStage.ReadHeadAsync(origin);
            await origin.SayAsync(response);
            Assert.EndsWith(".", (await first)[^1], StringComparison.Ordinal);
            first = stage.ForwardAsync(new FakeExchange(method));
        }

        await OriginStage.ReadHeadAsync(origin);
        await origin.SayAsync(Answer);
        await first;
        Assert.False(origins.TryRead(out _));
    }

    [Fact]
    public async Task Connection_AfterAnUpload_UsedAgain()
    {
        await using var stage = OriginStage.RawMany(out var origins, _time);
        var first = stage.ForwardAsync(new FakeExchange("POST", "/", "hello"));
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);
        Assert.Equal("hello", await origin.HearAsync(5));
        await origin.SayAsync(Answer);
        Assert.Equal(["200 ok."], await first);

        var second = stage.ForwardAsync(new FakeExchange("PUT", "/", "again"));
        Assert.Equal("PUT / HTTP/1.1", (await OriginStage.ReadHeadAsync(origin))[0]);
        Assert.Equal("again", await origin.HearAsync(5));
        await origin.SayAsync(Answer);

        Assert.Equal(["200 ok."], await second);
        Assert.False(origins.TryRead(out _));
    }

    [Theory]
    [InlineData(Answer + "x")]
    [InlineData(Answer + Answer)]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nx")]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok")]
    public async Task Connection_NotToBeTrusted_NextOnANewOne(string response)
    {
        await using var stage = OriginStage.RawMany(out var origins, _time);
        var first = stage.ForwardAsync(new FakeExchange());
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);

        await origin.SayAsync(response);

        Assert.EndsWith(".", (await first)[^1], StringComparison.Ordinal);
        Assert.Equal("", await origin.HearToEndAsync());
        await AssertAnsweredAsync(stage, origins.ReadAsync(Bounded.Token).Within());
    }

    [Fact]
    public async Task IdleConnection_ClosedByTheOrigin_NextOnANewOne()
    {
        await using var stage = OriginStage.RawMany(out var origins, _time);
        var origin = await AssertAnsweredAsync(stage, origins.ReadAsync(Bounded.Token).Within());

        await origin.DisposeAsync();

        await AssertAnsweredAsync(stage, origins.ReadAsync(Bounded.Token).Within());
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task ReusedConnection_ClosedUnanswered_TriedOnceOnANewOne(string method)
    {
        await using var stage = OriginStage.RawMany(out var origins, _time);
        var first = await AssertAnsweredAsync(stage, origins.ReadAsync(Bounded.Token).Within());
        var idle = await AssertTwoIdleAsync(stage, origins, first);
        var running = stage.ForwardAsync(new FakeExchange(method));
        await OriginStage.ReadHeadAsync(idle);

        await idle.DisposeAsync();

        // Not on the other one that waits.
        await using var fresh = await origins.ReadAsync(Bounded.Token).Within();
        Assert.StartsWith($"{method} / ", (await OriginStage.ReadHeadAsync(fresh))[0], StringComparison.Ordinal);
        await fresh.DisposeAsync();
        ForwardedResponseTests.AssertFailed(await running);
        Assert.False(origins.TryRead(out _));
    }

    [Theory]
    [InlineData("POST", "")]
    [InlineData("PATCH", "")]
    [InlineData("PURGE", "")]
    [InlineData("POST", "hello")]
    [InlineData("PUT", "hello")]
    public async Task ReusedConnection_ClosedUnanswered_NotTwiceWhatMustNotBe(string method, string content)
    {
        await using var stage = OriginStage.RawMany(out var origins, _time);
        var origin = await AssertAnsweredAsync(stage, origins.ReadAsync(Bounded.Token).Within());
        var running = stage.ForwardAsync(new FakeExchange(method, "/", content));
        await OriginStage.ReadHeadAsync(origin);

        await origin.DisposeAsync();

        ForwardedResponseTests.AssertFailed(await running);
        Assert.False(origins.TryRead(out _));
    }

    [Theory]
    [InlineData("H")]
    [InlineData("HTTP/1.1 103 Early Hints\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")]
    [InlineData("garbage\r\n\r\n", "failed origin_invalid")]
    public async Task ReusedConnection_AnsweredInPart_NotTriedAgain(string start, string failure = "failed origin_failed")
    {
        await using var stage = OriginStage.RawMany(out var origins, _time);
        var origin = await AssertAnsweredAsync(stage, origins.ReadAsync(Bounded.Token).Within());
        var running = stage.ForwardAsync(new FakeExchange());
        await OriginStage.ReadHeadAsync(origin);

        await origin.SayAsync(start);
        await origin.DisposeAsync();

        ForwardedResponseTests.AssertFailed(await running, failure);
        Assert.False(origins.TryRead(out _));
    }

    [Fact]
    public async Task NewConnection_ClosedUnanswered_NotTriedAgain()
    {
        await using var stage = OriginStage.RawMany(out var origins, _time);
        var running = stage.ForwardAsync(new FakeExchange());
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);

        await origin.DisposeAsync();

        ForwardedResponseTests.AssertFailed(await running);
        Assert.False(origins.TryRead(out _));
    }

    [Fact]
    public async Task IdleConnection_ForMoreThanASecond_NotForWhatMustNotBeDoneTwice()
    {
        await using var stage = OriginStage.RawMany(out var origins, _time);
        await using var origin = await AssertAnsweredAsync(stage, origins.ReadAsync(Bounded.Token).Within());
        _time.Advance(TimeSpan.FromSeconds(2));

        await using var other = await AssertAnsweredAsync(stage, origins.ReadAsync(Bounded.Token).Within(), "POST");
        _time.Advance(TimeSpan.FromSeconds(2));

        // The one that was used last.
        await AssertAnsweredAsync(stage, Task.FromResult(other));
        Assert.False(origins.TryRead(out _));
    }

    // Both are busy at once, so that there are two of them.
    private static async Task<Stream> AssertTwoIdleAsync(OriginStage stage, ChannelReader<Stream> origins, Stream first)
    {
        var busy = stage.ForwardAsync(new FakeExchange());
        await OriginStage.ReadHeadAsync(first);
        var second = await AssertAnsweredAsync(stage, origins.ReadAsync(Bounded.Token).Within());
        await first.SayAsync(Answer);
        Assert.Equal(["200 ok."], await busy);
        Assert.NotSame(first, second);
        return first;
    }

    /// <summary>Makes a request, which comes on this connection, and answers it.</summary>
    private static async Task<Stream> AssertAnsweredAsync(OriginStage stage, Task<Stream> connection, string method = "GET")
    {
        var running = stage.ForwardAsync(new FakeExchange(method));
        var origin = await connection;
        Assert.StartsWith($"{method} / ", (await OriginStage.ReadHeadAsync(origin))[0], StringComparison.Ordinal);
        await origin.SayAsync(Answer);
        Assert.Equal(["200 ok."], await running);
        return origin;
    }
}
