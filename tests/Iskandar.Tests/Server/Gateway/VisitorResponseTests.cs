using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Server.Gateway;

/// <summary>What of a client's response reaches the visitor.</summary>
public sealed class VisitorResponseTests
{
    [Theory]
    [InlineData("\"iskandar-error\":\"tunnel_not_found\"", "Iskandar-Error")]
    [InlineData("\"Iskandar-Anything\":\"1\"", "Iskandar-Anything")]
    [InlineData("\"connection\":\"close\"", "Connection")]
    [InlineData("\"keep-alive\":\"timeout=5\"", "Keep-Alive")]
    [InlineData("\"proxy-connection\":\"close\"", "Proxy-Connection")]
    [InlineData("\"te\":\"trailers\"", "TE")]
    [InlineData("\"transfer-encoding\":\"chunked\"", "Transfer-Encoding")]
    [InlineData("\"upgrade\":\"h2c\"", "Upgrade")]
    [InlineData("\"x-hop\":\"1\",\"connection\":\"close, x-hop\"", "X-Hop")]
    [InlineData("\"connection\":[\"close\",\"x-hop\"],\"x-hop\":\"1\"", "X-Hop")]
    [InlineData("\"connection\":\"close\",\"x-hop\":\"1\",\"CONNECTION\":\"x-hop\"", "X-Hop")]
    public async Task Field_OfTheConnectionOrOurs_Dropped(string headers, string name)
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        using var visitor = new Visitor();

        await stage.AnswerAsync(visitor, $$"""{"id":"ID","status":200,"headers":{ {{headers}},"x-stays":"y"},"body":"YQ==","done":true}""");

        Assert.False(visitor.Response.Headers.ContainsKey(name));
        Assert.Equal(("y", "a"), ((string)visitor.Response.Headers["X-Stays"]!, visitor.Response.Sent));
    }

    [Fact]
    public async Task Cookies_Several_KeptApart()
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        using var visitor = new Visitor();

        await stage.AnswerAsync(visitor, """{"id":"ID","status":200,"headers":{"set-cookie":"a=1, b=2"},"setCookies":["a=1; Expires=Wed, 01 Jan 2031 00:00:00 GMT","b=2"],"done":true}""");

        Assert.Equal(["a=1; Expires=Wed, 01 Jan 2031 00:00:00 GMT", "b=2"], visitor.Response.Headers.SetCookie.ToArray());
    }

    [Fact]
    public async Task Fields_RepeatedAndEmpty_AsTheyCame()
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        using var visitor = new Visitor();

        await stage.AnswerAsync(visitor, """{"id":"ID","status":299,"headers":{"x-list":["a","b"],"x-empty":"","x-number":7,"X-LIST":"c"},"done":true}""");

        Assert.Equal(299, visitor.Response.StatusCode);
        Assert.Equal(["a", "b", "c"], visitor.Response.Headers["X-List"].ToArray());
        Assert.Equal([""], visitor.Response.Headers["X-Empty"].ToArray());
        Assert.Equal(["7"], visitor.Response.Headers["X-Number"].ToArray());
    }

    [Theory]
    [InlineData("HEAD", 200)]
    [InlineData("HEAD", 404)]
    [InlineData("GET", 204)]
    [InlineData("GET", 304)]
    public async Task Content_WhereHttpHasNone_NotSent(string method, int status)
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        using var visitor = new Visitor(method);

        await stage.AnswerAsync(visitor, $$"""{"id":"ID","status":{{status}},"headers":{"x":"y"},"body":"bm90IGZvciB5b3U=","done":true}""");

        Assert.Equal((status, "", true, false), (visitor.Response.StatusCode, visitor.Response.Sent, visitor.Response.HasStarted, visitor.IsAborted));
        Assert.Equal("y", visitor.Response.Headers["X"]);
    }

    [Theory]
    [InlineData("HEAD", 200, 1234L)]
    [InlineData("GET", 304, 1234L)]
    [InlineData("GET", 204, null)]
    public async Task ContentLength_OfContentThatIsNotSent_TheOriginsWord(string method, int status, long? expected)
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        using var visitor = new Visitor(method);

        await stage.AnswerAsync(visitor, $$"""{"id":"ID","status":{{status}},"headers":{"content-length":"1234"},"done":true}""");

        // RFC 9110 section 8.6: in a 204 it must not stand.
        Assert.Equal((status, expected, false), (visitor.Response.StatusCode, visitor.Response.Headers.ContentLength, visitor.IsAborted));
    }

    [Theory]
    [InlineData("5")]
    [InlineData("05")]
    public async Task ContentLength_ThatOfTheContent_Kept(string length)
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        using var visitor = new Visitor();

        await stage.AnswerAsync(visitor, $$"""{"id":"ID","status":200,"headers":{"content-length":"{{length}}"},"body":"aGVsbG8=","done":true}""");

        Assert.Equal((5L, "hello", false), (visitor.Response.Headers.ContentLength!.Value, visitor.Response.Sent, visitor.IsAborted));
    }

    [Theory]
    [InlineData("HTTP/1.1", false)]
    [InlineData("HTTP/2", true)]
    [InlineData("HTTP/3", true)]
    public async Task ContentLength_None_EndGoesWithTheHeadWhereItCan(string protocol, bool expected)
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        using var visitor = new Visitor();
        visitor.Context.Request.Protocol = protocol;

        await stage.AnswerAsync(visitor, """{"id":"ID","status":200,"headers":{"content-length":"0","grpc-status":"0"},"done":true}""");

        Assert.Equal((0L, expected, false), (visitor.Response.Headers.ContentLength!.Value, visitor.Response.IsComplete, visitor.IsAborted));
    }

    [Theory]
    [InlineData(10, "six...")]
    [InlineData(10, "eleven byte")]
    public async Task ContentLength_NotThatOfTheContent_AbortedOnceBegun(int declared, string rest)
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        using var visitor = new Visitor();
        var visit = stage.VisitAsync(visitor);
        var id = await stage.Client.RequestAsync();
        await stage.Client.SendAsync($$"""{"id":"{{id}}","status":200,"headers":{"content-length":"{{declared}}"},"body":"YQ=="}""");
        await Bounded.UntilAsync(() => visitor.Response.Sent == "a", "the first piece reaches the visitor");

        await stage.Client.RespondAsync(id, body: rest, done: true);

        await visit.Within();
        Assert.Equal((true, false), (visitor.IsAborted, visitor.Response.IsComplete));
        Assert.True(visitor.Response.Sent.Length <= declared);
    }
}
