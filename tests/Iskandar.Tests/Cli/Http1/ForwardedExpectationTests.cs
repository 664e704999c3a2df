using System.IO.Pipelines;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Client.Hosting;
using Iskandar.Tests.Infrastructure;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Cli.Http1;

/// <summary>A visitor that waits to be asked for its content (RFC 9110 section 10.1.1): the origin decides.</summary>
public sealed class ForwardedExpectationTests
{
    private const string Head = "PUT / HTTP/1.1|Host: localhost:3000|Expect: 100-continue|Content-Length: 5";
    private const string Asked = "100 informational";

    private readonly Pipe _content = new();
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Origin_Asks_SoIsTheVisitorAndTheContentFollows()
    {
        await using var stage = OriginStage.RawMany(out var origins, _time);
        var exchange = Expecting();
        var running = stage.ForwardAsync(exchange);
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        Assert.Equal(Head, string.Join('|', await OriginStage.ReadHeadAsync(origin)));
        Assert.Empty(exchange.Sent);

        await origin.SayAsync("HTTP/1.1 100 Continue\r\n\r\n");
        await exchange.UntilSentAsync(Asked);
        await _content.Writer.WriteAsync("hello"u8.ToArray(), Bounded.Token);
        Assert.Equal("hello", await origin.HearAsync(5));
        await origin.SayAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

        Assert.Equal([Asked, "200 ok."], await running);
    }

    [Theory]
    [InlineData("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno", "417 no.")]
    [InlineData("HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", "401 no.")]
    public async Task Origin_Refuses_NothingAskedAndConnectionNotUsedAgain(string answer, string expected)
    {
        await using var stage = OriginStage.RawMany(out var origins, _time);
        var running = stage.ForwardAsync(Expecting());
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);

        await origin.SayAsync(answer);

        Assert.Equal(expected, string.Concat(await running));
        Assert.Equal("", await origin.HearToEndAsync());
    }

    [Fact]
    public async Task Origin_SaysNothingForASecond_TakenNotToKnowIt()
    {
        await using var stage = OriginStage.RawMany(out var origins, _time);
        var exchange = Expecting();
        var running = stage.ForwardAsync(exchange);
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);
        _time.Advance(TimeSpan.FromSeconds(0.9));
        Assert.Empty(exchange.Sent);

        // The wait may begin a little after the head has gone.
        await Bounded.UntilAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return exchange.Sent.Contains(Asked);
            },
            "the visitor is asked");
        await _content.Writer.WriteAsync("hello"u8.ToArray(), Bounded.Token);
        Assert.Equal("hello", await origin.HearAsync(5));
        await origin.SayAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

        Assert.Equal([Asked, "200 ok."], await running);
    }

    [Fact]
    public async Task Origin_AnswersBeforeItAsks_NothingAskedAndTheContentAllTheSame()
    {
        await using var stage = OriginStage.RawMany(out var origins, _time);
        var exchange = Expecting();
        var running = stage.ForwardAsync(exchange);
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);

        await origin.SayAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
        await exchange.UntilSentAsync("200 ");
        await _content.Writer.WriteAsync("hello"u8.ToArray(), Bounded.Token);
        Assert.Equal("hello", await origin.HearAsync(5));
        await origin.SayAsync("ok");

        Assert.Equal("200 ok.", string.Concat(await running));
    }

    [Fact]
    public async Task Origin_Dies_Fails()
    {
        await using var stage = OriginStage.RawMany(out var origins, _time);
        var running = stage.ForwardAsync(Expecting());
        var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);

        await origin.DisposeAsync();

        ForwardedResponseTests.AssertFailed(await running);
    }

    private FakeExchange Expecting() =>
        new("PUT", "/", "", new Field("Expect", "100-continue")) { Arriving = _content.Reader.AsStream(), ArrivingLength = 5 };
}
