using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>Targets and fields of requests, from visitor to origin.</summary>
public class TargetAndFieldTests(TargetAndFieldTests.OwnOrigin own) : IClassFixture<TargetAndFieldTests.OwnOrigin>
{
    [Theory]
    [InlineData("//a")]
    [InlineData("/a/../b")]
    [InlineData("/a/./b")]
    [InlineData("/a%2Fb")]
    [InlineData("/a%5Cb")]
    [InlineData("/?")]
    [InlineData("/a?x=%20&y")]
    [InlineData("/%41")]
    [InlineData("/%7e%7E")]
    [InlineData("/a;b=c,d/$e")]
    [InlineData("/a?b?c=d//e%2f")]
    [InlineData("/a?x=a+b&x=[1]|{2}")]
    [InlineData("//evil.example/x")]
    [InlineData("/http://evil.example/x")]
    public async Task Target_ArrivesByteForByte(string target)
    {
        var request = await RequestAsync(target);

        Assert.Equal(target, request.Target);
    }

    [Fact]
    public async Task Request_WithNothingExtra_GetsNothingAdded()
    {
        var request = await RequestAsync("/");

        var expected = new[] { "Host", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto" };
        Assert.Equal(expected, request.Fields.Keys.Order(StringComparer.OrdinalIgnoreCase), StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Fields_OfTheVisitor_ArriveUnchanged()
    {
        var request = await RequestAsync(
            "/",
            "User-Agent: test/1 (a; b)",
            "Accept-Encoding: br;q=0.5, gzip",
            "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "Authorization: Basic eDp5",
            "Origin: https://example.com",
            "Referer: https://example.com/x",
            "X-Empty:",
            "X-Latin: caf\u00e9",
            "X-Odd: a\"b\\c\tt");

        Assert.Equal("test/1 (a; b)", request["User-Agent"]);
        Assert.Equal("br;q=0.5, gzip", request["Accept-Encoding"]);
        Assert.Equal("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", request["traceparent"]);
        Assert.Equal("Basic eDp5", request["Authorization"]);
        Assert.Equal("https://example.com", request["Origin"]);
        Assert.Equal("https://example.com/x", request["Referer"]);
        Assert.Equal("", request["X-Empty"]);
        Assert.Equal("caf\u00e9", request["X-Latin"]);
        Assert.Equal("a\"b\\c\tt", request["X-Odd"]);
    }

    [Fact]
    public async Task Host_ByDefault_IsTheOrigins()
    {
        var request = await RequestAsync("/");

        Assert.Equal(own.Origin.Authority, request["Host"]);
    }

    [Fact]
    public async Task Host_Preserved_IsThePublicOne()
    {
        await using var client = await IskandarClient.StartAsync(own.Server, own.Origin.Port, "--host-header", "preserve");

        var request = await RequestAsync(client, "/");

        Assert.Equal(client.Url.Authority, request["Host"]);
    }

    [Fact]
    public async Task ForwardedFields_Always_SayTheTruth()
    {
        var request = await RequestAsync(
            "/",
            "X-Forwarded-For: 6.6.6.6",
            "x-forwarded-for: 7.7.7.7",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: evil.example",
            "Forwarded: for=6.6.6.6;host=evil.example",
            "Iskandar-Secret: x",
            "iskandar-error: x");

        Assert.Equal("127.0.0.1", request["X-Forwarded-For"]);
        Assert.Equal("http", request["X-Forwarded-Proto"]);
        Assert.Equal(own.Client.Url.Authority, request["X-Forwarded-Host"]);
        Assert.Null(request["Forwarded"]);
        Assert.DoesNotContain(request.Fields.Keys, static name => name.StartsWith("Iskandar-", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task ConnectionNamedFields_NeverArrive()
    {
        var request = await RequestAsync(
            "/", "Connection: X-Private, keep-alive", "X-Private: 1", "Keep-Alive: timeout=5", "TE: trailers, gzip", "Proxy-Connection: x", "X-Public: 2");

        Assert.Equal(("2", "trailers", "TE"), (request["X-Public"], request["TE"], request["Connection"]));
        Assert.All((string[])["X-Private", "Keep-Alive", "Proxy-Connection", "Upgrade"], name => Assert.Null(request[name]));
    }

    [Fact]
    public async Task RepeatedFields_ArriveComplete()
    {
        var request = await RequestAsync("/", "X-Many: a", "X-Many: b", "Cookie: a=1", "Cookie: b=2");

        // In one line or in several, which mean the same (RFC 9110 section 5.3).
        Assert.Equal("a, b", request["X-Many"]!.Replace(" | ", ", ", StringComparison.Ordinal));
        Assert.Equal("a=1; b=2", request["Cookie"]);
    }

    private Task<OriginRequest> RequestAsync(string target, params string[] fields) => RequestAsync(own.Client, target, fields);

    private async Task<OriginRequest> RequestAsync(IskandarClient client, string target, params string[] fields)
    {
        var before = own.Origin.Requests.Count;
        await using var raw = await own.Server.ConnectAsync();
        await raw.SendRequestAsync("GET", target, client.Url.Authority, fields);
        Assert.Equal(200, (await raw.ReadResponseAsync()).Status);
        return Assert.Single(own.Origin.Requests.Skip(before));
    }

    /// <summary>An origin that gets the requests of these tests alone.</summary>
    public sealed class OwnOrigin(SharedServer shared) : IAsyncLifetime
    {
        private TestOrigin? _origin;
        private IskandarClient? _client;

        public IskandarServer Server => shared.Server;

        public TestOrigin Origin => _origin ?? throw new InvalidOperationException("Not started.");

        public IskandarClient Client => _client ?? throw new InvalidOperationException("Not started.");

        public async ValueTask InitializeAsync()
        {
            _origin = await TestOrigin.StartAsync();
            _client = await IskandarClient.StartAsync(Server, _origin.Port);
        }

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            await Origin.DisposeAsync();
        }
    }
}
