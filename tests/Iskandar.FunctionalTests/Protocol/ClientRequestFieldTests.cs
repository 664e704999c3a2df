using System.Text;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>The header section and the target of a request message.</summary>
public class ClientRequestFieldTests(SharedServer shared)
{
    private readonly IskandarServer _server = shared.Server;

    [Fact]
    public async Task RepeatedField_Lines_AreJoined()
    {
        var request = await RequestAsync("GET", "/", "X-Many: a", "Cookie: a=1", "x-many: b, c", "Cookie: b=2; c=3", "X-MANY: d");

        Assert.Equal("a, b, c, d", request["x-many"]);
        Assert.Equal("a=1; b=2; c=3", request["cookie"]);
        Assert.All(request.Headers, static field => Assert.Equal(field.Key.ToLowerInvariant(), field.Key));
    }

    [Fact]
    public async Task ConnectionSpecificFields_AndWhatTheyName_NeverCross()
    {
        var request = await RequestAsync(
            "GET",
            "/",
            "Connection: keep-alive, X-Private",
            "Keep-Alive: timeout=5",
            "Proxy-Connection: keep-alive",
            "TE: gzip",
            "X-Private: 1",
            "X-Public: 2");

        Assert.Equal("2", request["x-public"]);
        foreach (var name in (string[])["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade", "x-private"])
        {
            Assert.False(request.Headers.ContainsKey(name), name);
        }
    }

    [Fact]
    public async Task ForwardedFields_ThatAVisitorForged_AreReplacedByTheTruth()
    {
        var request = await RequestAsync(
            "GET",
            "/",
            "X-Forwarded-For: 6.6.6.6",
            "X-Forwarded-Proto: gopher",
            "X-Forwarded-Host: evil.example",
            "Forwarded: for=6.6.6.6",
            "Iskandar-Error: x",
            "Iskandar-Anything: x");

        Assert.Equal("127.0.0.1", request["x-forwarded-for"]);
        Assert.Equal("http", request["x-forwarded-proto"]);
        Assert.Equal(request["host"], request["x-forwarded-host"]);
        Assert.DoesNotContain(
            request.Headers,
            static field => field.Key == "forwarded" || field.Key.StartsWith("iskandar-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Value_BeyondAscii_IsOneCharacterAByte()
    {
        var request = await RequestAsync("GET", "/", "X-Latin: caf\u00e9", "X-Utf8: \u00e2\u0082\u00ac");

        Assert.Equal("caf\u00e9", request["x-latin"]);
        Assert.Equal("\u00e2\u0082\u00ac", request["x-utf8"]);
    }

    [Fact]
    public async Task Value_Empty_IsNotAnAbsentField()
    {
        var request = await RequestAsync("GET", "/", "X-Empty:");

        Assert.Equal("", request["x-empty"]);
    }

    [Theory]
    [InlineData("//a")]
    [InlineData("/a/../b")]
    [InlineData("/a/./b//c/")]
    [InlineData("/a%2Fb")]
    [InlineData("/?")]
    [InlineData("/a?x=%20&y")]
    [InlineData("/%41")]
    [InlineData("/%2e%2e/x")]
    [InlineData("/a?b?c=d//e")]
    [InlineData("/a|b\"c<d>{}^`")]
    public async Task Target_OriginForm_ArrivesByteForByte(string target)
    {
        var request = await RequestAsync("GET", target);

        Assert.Equal(target, request.Path);
    }

    [Fact]
    public async Task Target_Asterisk_ArrivesWithOptions()
    {
        var request = await RequestAsync("OPTIONS", "*");

        Assert.Equal(("OPTIONS", "*"), (request.Method, request.Path));
    }

    [Fact]
    public async Task Target_AbsoluteForm_ArrivesInOriginForm()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);

        var request = await RequestAsync(client, "GET", $"http://{client.Url.Authority}/a%2Fb/../c?d=%20");

        Assert.Equal("/a%2Fb/../c?d=%20", request.Path);
    }

    [Fact]
    public async Task Request_WithoutUserAgentOrAcceptEncoding_GetsNone()
    {
        var request = await RequestAsync("GET", "/");

        var expected = new[] { "host", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto" };
        Assert.Equal(expected, request.Headers.Select(static field => field.Key).Order(StringComparer.Ordinal));
        Assert.Empty(request.Body);
    }

    [Fact]
    public async Task ChunkedContent_ArrivesAsOneBody()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendAsync(
            $"POST /up HTTP/1.1\r\nHost: {client.Url.Authority}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n");

        var request = await client.NextRequestAsync();

        Assert.Equal("hello world", Encoding.ASCII.GetString(request.Body));
        Assert.False(request.Headers.ContainsKey("transfer-encoding"));
        await client.AnswerAsync(request, "");
        Assert.Equal(200, (await raw.ReadHeadAsync()).Status);
    }

    private async Task<DocumentRequest> RequestAsync(string method, string target, params string[] fields)
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        return await RequestAsync(client, method, target, fields);
    }

    /// <summary>Sends a request byte by byte as given; answers it; returns what the client got.</summary>
    private async Task<DocumentRequest> RequestAsync(DocumentClient client, string method, string target, params string[] fields)
    {
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync(method, target, client.Url.Authority, fields);
        var request = await client.NextRequestAsync();
        await client.AnswerAsync(request, "");
        Assert.Equal(200, (await raw.ReadHeadAsync()).Status);
        return request;
    }
}
