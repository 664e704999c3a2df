using System.Text;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary.Gateway;

/// <summary>Request heads, from the visitor's wire to the client's.</summary>
public class RequestTests(RequestTests.OneClient one) : IClassFixture<RequestTests.OneClient>
{
    private readonly BinaryClient _client = one.Client;

    [Theory]
    [InlineData("/")]
    [InlineData("//a")]
    [InlineData("/a/../b")]
    [InlineData("/a/./b")]
    [InlineData("/a%2Fb%5c")]
    [InlineData("/?")]
    [InlineData("/a?x=%20&y")]
    [InlineData("/%41%7e%7E")]
    [InlineData("/a?b?c=d//e%2f[1]|{2}")]
    [InlineData("//evil.example/x")]
    public async Task Target_ArrivesByteForByte(string target)
    {
        var stream = await RequestAsync("GET", target);

        Assert.Equal(target, stream.Request.Target);
    }

    [Fact]
    public async Task Target_Long_ArrivesWhole()
    {
        var target = "/" + new string('a', 12_000);

        Assert.Equal(target, (await RequestAsync("GET", target)).Request.Target);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    [InlineData("OPTIONS")]
    [InlineData("TRACE")]
    [InlineData("PURGE")]
    [InlineData("M-SEARCH")]
    [InlineData("get")]
    public async Task Method_ArrivesAsItIs(string method)
    {
        var stream = await RequestAsync(method, "/");

        Assert.Equal(method, stream.Request.Method);
        Assert.False(stream.IsUpgrade);
        Assert.Empty(await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task Asterisk_WithOptions_ArrivesAsItIs()
    {
        var stream = await RequestAsync("OPTIONS", "*");

        Assert.Equal(("OPTIONS", "*"), (stream.Request.Method, stream.Request.Target));
    }

    [Fact]
    public async Task Fields_WithNothingExtra_AreThoseOfTheGateway()
    {
        var head = (await RequestAsync("GET", "/")).Request;

        Assert.Equal(["host", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"], head.Fields.Names.Order(StringComparer.Ordinal));
        Assert.Equal("1.1 iskandar", head["via"]);
        Assert.Equal(_client.Host, head["host"]);
        Assert.Equal("127.0.0.1", head["x-forwarded-for"]);
        Assert.Equal(_client.Host, head["x-forwarded-host"]);
        Assert.Equal("http", head["x-forwarded-proto"]);
    }

    [Fact]
    public async Task Fields_OfTheVisitor_ArriveUnchanged()
    {
        var head = (await RequestAsync(
            "GET",
            "/",
            "User-Agent: test/1 (a; b)",
            "ACCEPT-ENCODING: br;q=0.5, gzip",
            "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "Authorization: Basic eDp5",
            "X-Empty:",
            "X-Spaced:   a  b   ",
            "X-Odd: a\"b\\c\tt",
            "X-Latin: caf\u00e9\u0080\u00ff",
            "X-Utf8: \u00c3\u00a9")).Request;

        Assert.Equal("test/1 (a; b)", head["user-agent"]);
        Assert.Equal("br;q=0.5, gzip", head["accept-encoding"]);
        Assert.Equal("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", head["traceparent"]);
        Assert.Equal("Basic eDp5", head["authorization"]);
        Assert.Equal("", head["x-empty"]);
        Assert.Equal("a  b", head["x-spaced"]);
        Assert.Equal("a\"b\\c\tt", head["x-odd"]);
        Assert.Equal("caf\u00e9\u0080\u00ff", head["x-latin"]);
        Assert.Equal("\u00c3\u00a9", head["x-utf8"]);
    }

    [Fact]
    public async Task RepeatedFields_StayLines_CookieIsJoined()
    {
        var head = (await RequestAsync(
            "GET", "/", "X-Many: a", "Cookie: a=1", "X-Other: 1", "x-many: b, c", "Cookie: b=2; c=3", "Via: 1.1 one", "Via: 1.1 two")).Request;

        Assert.Equal(["a", "b, c"], head.Fields.All("x-many"));
        Assert.Equal(["1.1 one", "1.1 two", "1.1 iskandar"], head.Fields.All("via"));
        Assert.Equal(["a=1; b=2; c=3"], head.Fields.All("cookie"));
    }

    [Fact]
    public async Task Fields_OfTheConnectionOrForged_NeverArrive()
    {
        var head = (await RequestAsync(
            "GET",
            "/",
            "Connection: X-Private, keep-alive",
            "X-Private: 1",
            "Keep-Alive: timeout=5",
            "TE: gzip, trailers",
            "Proxy-Connection: x",
            "Proxy-Authorization: Basic eDp5",
            "X-Forwarded-For: 6.6.6.6",
            "X-Forwarded-Prefix: /evil",
            "Forwarded: for=6.6.6.6",
            "X-Original-Url: /evil",
            "Iskandar-Secret: x",
            "X-Public: 2")).Request;

        Assert.Equal(
            ["host", "te", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-public"], head.Fields.Names.Order(StringComparer.Ordinal));
        Assert.Equal("trailers", head["te"]);
        Assert.Equal("127.0.0.1", head["x-forwarded-for"]);
    }

    [Fact]
    public async Task ContentLength_IsTheVisitors()
    {
        await using var raw = await one.Server.ConnectAsync();
        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: {_client.Host}\r\nContent-Type: text/x-a\r\nContent-Length: 5\r\n\r\nhello");
        var stream = await _client.NextStreamAsync();

        Assert.False(stream.IsEndedAtOnce);
        Assert.Equal(("5", "text/x-a"), (stream.Request["content-length"], stream.Request["content-type"]));
        Assert.Equal("hello", Encoding.ASCII.GetString(await stream.ReadToEndAsync()));
        Assert.Null(stream.Peer.Trailers);
        await stream.AnswerAsync("fine");
        Assert.Equal(200, (await raw.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task ContentLength_Zero_IsPassedOn()
    {
        await using var raw = await one.Server.ConnectAsync();
        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: {_client.Host}\r\nContent-Length: 0\r\n\r\n");
        var stream = await _client.NextStreamAsync();

        Assert.Equal("0", stream.Request["content-length"]);
        Assert.Empty(await stream.ReadToEndAsync());
        await stream.AnswerAsync("fine");
        Assert.Equal(200, (await raw.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task Chunked_WithTrailers_EndsWithATrailersFrame()
    {
        await using var raw = await one.Server.ConnectAsync();
        await raw.SendAsync(
            $"POST / HTTP/1.1\r\nHost: {_client.Host}\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, X-Other\r\n\r\n"
            + "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Sum: 7\r\nX-Other: caf\u00e9\r\n\r\n");
        var stream = await _client.NextStreamAsync();

        Assert.Null(stream.Request["transfer-encoding"]);
        Assert.Null(stream.Request["content-length"]);
        Assert.Equal("abcdefg", Encoding.ASCII.GetString(await stream.ReadToEndAsync()));
        Assert.Equal("7", stream.Peer.Trailers?["x-sum"]);
        Assert.Equal("caf\u00e9", stream.Peer.Trailers?["x-other"]);
        await stream.AnswerAsync("fine");
        Assert.Equal(200, (await raw.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task Chunked_WithoutTrailers_EndsWithData()
    {
        await using var raw = await one.Server.ConnectAsync();
        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: {_client.Host}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        var stream = await _client.NextStreamAsync();

        Assert.Equal("abc", Encoding.ASCII.GetString(await stream.ReadToEndAsync()));
        Assert.Null(stream.Peer.Trailers);
        await stream.AnswerAsync("fine");
        Assert.Equal(200, (await raw.ReadResponseAsync()).Status);
    }

    /// <summary>A request without content, which is then answered.</summary>
    private async Task<BinaryStream> RequestAsync(string method, string target, params string[] fields)
    {
        await using var raw = await one.Server.ConnectAsync();
        await raw.SendRequestAsync(method, target, _client.Host, fields);
        var stream = await _client.NextStreamAsync();
        await stream.RespondAsync(204, end: true);
        Assert.Equal(204, (await raw.ReadHeadAsync()).Status);
        return stream;
    }

    public sealed class OneClient(SharedServer shared) : IAsyncLifetime
    {
        private BinaryClient? _client;

        public IskandarServer Server => shared.Server;

        public BinaryClient Client => _client ?? throw new InvalidOperationException("Not started.");

        public async ValueTask InitializeAsync() => _client = await BinaryClient.ConnectAsync(Server);

        public async ValueTask DisposeAsync() => await Client.DisposeAsync();
    }
}
