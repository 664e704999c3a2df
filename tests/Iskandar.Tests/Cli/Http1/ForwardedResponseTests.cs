using Iskandar.Protocol.Messages;
using Iskandar.Tests.Client.Hosting;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Cli.Http1;

/// <summary>Responses over a connection to the origin, as they are meant to be and as they are not.</summary>
public sealed class ForwardedResponseTests
{
    private const string Failed = "failed origin_failed";
    private const string Invalid = "failed origin_invalid";
    private const string TooLarge = "failed response_head_too_large";

    [Theory]
    [InlineData("200 OK\r\nContent-Length: 5\r\n\r\nhello", "200 hello.")]
    [InlineData("404\r\nContent-Length: 0\r\n\r\n", "404 .")]
    [InlineData("200 OK\nContent-Length: 5\n\nhello", "200 hello.")]
    [InlineData("200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "200 hello.")]
    [InlineData("200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\n\r\n", "200 helloabc.")]
    [InlineData("200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "200 .")]
    [InlineData("200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n", "200 hello.")]
    [InlineData("200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "200 hello.")]
    [InlineData("204 No Content\r\n\r\n", "204 .")]
    [InlineData("204 No Content\r\nContent-Length: 5\r\n\r\n", "204 .")]
    [InlineData("304 Not Modified\r\nContent-Length: 5\r\nETag: \"x\"\r\n\r\n", "304 .")]
    [InlineData("304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", "304 .")]
    public async Task Response_Complete_Delivered(string response, string expected)
    {
        // The connection stays open: the end is told by the message itself. At once, and a byte at a time.
        foreach (var piece in (int[])[int.MaxValue, 1])
        {
            Assert.Equal(expected, string.Concat(await AnswerAsync(new FakeExchange(), "HTTP/1.1 " + response, piece)));
        }
    }

    [Theory]
    [InlineData("Content-Length: 5\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n")]
    [InlineData("\r\n")]
    public async Task Head_AnyLength_NoContent(string rest) =>
        Assert.Equal(["200 ."], await AnswerAsync(new FakeExchange("HEAD"), "HTTP/1.1 200 OK\r\nX: y\r\n" + rest));

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhello", "200 hello.")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nhello", "200 hello.")]
    [InlineData("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhello", "200 hello.")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", "200 .")]
    public async Task Response_WithoutLength_EndsWithTheConnection(string response, string expected) =>
        Assert.Equal(expected, string.Concat(await AnswerAsync(new FakeExchange(), response, closes: true)));

    [Fact]
    public async Task Fields_OfTheResponse_AsTheyCame()
    {
        var exchange = new FakeExchange();

        await AnswerAsync(
            exchange, "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX-Empty:\r\nset-cookie: b=\u00E9\r\nIskandar-Error: x\r\nConnection: X-Own, keep-alive\r\nX-Own: 1\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(
            ["Set-Cookie: a=1", "Set-Cookie: b=\u00E9", "X-Empty: ", "Content-Length: 0"],
            exchange.Head!.Fields.Lines.ToArray().Select(static line => $"{line.Name}: {line.Value}"));
    }

    [Fact]
    public async Task SmallResponse_Sized_OneMessage() => Assert.Equal(["200 hello."], await AnswerAsync(new FakeExchange(), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));

    [Fact]
    public async Task Trailers_BehindChunks_PassedOn() => Assert.Equal(
        "200 helloX-Sum: 3 X-Sum: 4.",
        string.Concat(await AnswerAsync(
            new FakeExchange(), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 3\r\nContent-Length: 9\r\nIskandar-X: y\r\nx-sum: 4\r\n\r\n", piece: 1)));

    [Theory]
    [InlineData("Content-Length: 50000\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n")]
    [InlineData("\r\n")]
    public async Task LongContent_AnyFraming_AllOfIt(string framing)
    {
        var content = string.Concat(Enumerable.Range(10_000, 10_000));
        var body = framing.StartsWith('T') ? string.Concat(content.Chunk(7_777).Select(static chunk => $"{chunk.Length:x}\r\n{new string(chunk)}\r\n")) + "0\r\n\r\n" : content;

        var sent = string.Concat(await AnswerAsync(new FakeExchange(), "HTTP/1.1 200 OK\r\n" + framing + body, closes: framing == "\r\n"));

        Assert.Equal($"200 {content}.", sent);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n")]
    [InlineData("")]
    [InlineData("HTTP/1.1 20")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n")]
    [InlineData("HTTP/1.1 103 Early Hints\r\n\r\n")]
    public async Task Response_CutShort_ExchangeFails(string response) => AssertFailed(await AnswerAsync(new FakeExchange(), response, closes: true));

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhellohello\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nno trailer\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")]
    [InlineData("HTTP/2 200 OK\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.9\r\n\r\n")]
    [InlineData("\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")]
    public async Task Response_Malformed_ExchangeFails(string response) => AssertFailed(await AnswerAsync(new FakeExchange(), response), Invalid);

    [Theory]
    [InlineData("220 mail.example ESMTP\r\n")]
    [InlineData("<p>hi</p>")]
    [InlineData("HTTP/2")]
    public async Task Response_AnotherProtocolThatEnds_NotHttp(string response) => AssertFailed(await AnswerAsync(new FakeExchange(), response, closes: true), Invalid);

    [Fact]
    public async Task Informational_AllBut100_PassedOn() => Assert.Equal(
        ["103 informational Link: </a>; rel=preload", "102 informational", "200 hello."],
        await AnswerAsync(
            new FakeExchange(),
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nIskandar-X: y\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));

    [Fact]
    public async Task Informational_AsManyAsMayBe_ThenTheResponse()
    {
        var hints = string.Concat(Enumerable.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 64));

        Assert.Equal("200 .", (await AnswerAsync(new FakeExchange(), hints + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))[^1]);
        AssertFailed(await AnswerAsync(new FakeExchange(), hints + "HTTP/1.1 103 Early Hints\r\n\r\n"), Invalid);
    }

    [Fact]
    public async Task Head_Long_TakenUpTo64KiB()
    {
        var exchange = new FakeExchange();
        var rest = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: \r\n\r\n";
        var value = new string('x', (64 * 1024) - rest.Length);

        Assert.Equal("200 hello.", string.Concat(await AnswerAsync(exchange, rest[..^4] + value + "\r\n\r\nhello")));
        Assert.Equal(value, exchange.Head!.Fields.Find("X"));
        AssertFailed(await AnswerAsync(new FakeExchange(), "HTTP/1.1 200 OK\r\nX: x" + value + new string('x', 100)), TooLarge);
        AssertFailed(await AnswerAsync(new FakeExchange(), "HTTP/1.1 103 OK\r\n\r\nHTTP/1.1 200 OK\r\nX: x" + value + new string('x', 100)), TooLarge);
    }

    [Fact]
    public async Task Trailers_Over64KiB_ExchangeFails() => AssertFailed(await AnswerAsync(
        new FakeExchange(), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: " + new string('x', 65 * 1024)), TooLarge);

    [Fact]
    public async Task Content_KeepsWaiting_HeadGoesAhead()
    {
        await using var stage = OriginStage.RawMany(out var origins);
        var exchange = new FakeExchange();
        var running = stage.ForwardAsync(exchange);
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);

        await origin.SayAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
        await exchange.UntilSentAsync("200 ");
        await origin.SayAsync("hello");
        await exchange.UntilSentAsync("200 hello");
        await origin.SayAsync("world");

        Assert.Equal(["200 ", "hello", "world."], await running);
    }

    [Fact]
    public async Task Request_Fields_AsTheyCameButForTheHost()
    {
        await using var stage = OriginStage.RawMany(out var origins, origin: "http://[::1]:3000");
        var running = stage.ForwardAsync(new FakeExchange("GET", "/a?b", "", new Field("Host", "public.example"), new Field("X-Own", "1"), new Field("x-own", "2")));
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();

        Assert.Equal(["GET /a?b HTTP/1.1", "Host: [::1]:3000", "X-Own: 1", "X-Own: 2"], await OriginStage.ReadHeadAsync(origin));
        await origin.DisposeAsync();
        AssertFailed(await running);
    }

    [Theory]
    [InlineData("http://localhost", "localhost")]
    [InlineData("http://localhost:80", "localhost")]
    [InlineData("http://app.test:8080", "app.test:8080")]
    [InlineData("http://[::1]", "[::1]")]
    [InlineData("http://b\u00FCcher.example:3000", "xn--bcher-kva.example:3000")]
    public async Task Host_ByOrigin_ItsAuthority(string url, string host)
    {
        await using var stage = OriginStage.RawMany(out var origins, origin: url);
        var running = stage.ForwardAsync(new FakeExchange());
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();

        Assert.Equal(["GET / HTTP/1.1", $"Host: {host}"], await OriginStage.ReadHeadAsync(origin));
        await origin.DisposeAsync();
        AssertFailed(await running);
    }

    /// <summary>The head may have gone out, content too; but the end is a failure.</summary>
    internal static void AssertFailed(IReadOnlyList<string> sent, string failure = Failed)
    {
        Assert.Equal(failure, sent[^1]);
        Assert.DoesNotContain(sent, static line => line.EndsWith('.'));
    }

    private static async Task<IReadOnlyList<string>> AnswerAsync(FakeExchange exchange, string response, int piece = int.MaxValue, bool closes = false)
    {
        await using var stage = OriginStage.RawMany(out var origins);
        var running = stage.ForwardAsync(exchange);
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);
        try
        {
            for (var at = 0; at < response.Length; at += Math.Min(piece, response.Length - at))
            {
                await origin.SayAsync(response.Substring(at, Math.Min(piece, response.Length - at)));
            }
        }
        catch (IOException)
        {
            // Given up before all of it was out.
        }

        if (closes)
        {
            await origin.DisposeAsync();
        }

        return await running;
    }
}
