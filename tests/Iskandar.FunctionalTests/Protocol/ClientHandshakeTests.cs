using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>Opening handshake and registration, seen by a client written from the document.</summary>
public class ClientHandshakeTests(SharedServer shared)
{
    private readonly IskandarServer _server = shared.Server;

    [Fact]
    public async Task Connect_FirstMessage_IsTheRegistration()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);

        Assert.Matches("^[a-z0-9]{8}$", client.Name);
        Assert.Equal($"http://{_server.HostOf(client.Name)}", (string?)client.Registration["url"]);
        Assert.Equal(16 * 1024 * 1024, (int?)client.Registration["maxMessage"]);
        Assert.Null(client.Subprotocol);
    }

    [Fact]
    public async Task Connect_WithoutCredit_HasNoWindow()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);

        Assert.False(client.Registration.ContainsKey("window"));
    }

    [Fact]
    public async Task Connect_AcceptsCredit_HasAWindow()
    {
        await using var client = await DocumentClient.ConnectAsync(_server, "cancel, credit");

        Assert.True(client.Window > 0);
    }

    [Fact]
    public async Task Connect_AcceptsUnknownNames_AreIgnored()
    {
        await using var client = await DocumentClient.ConnectAsync(_server, "teleport,, credit , x");

        Assert.True(client.Window > 0);
    }

    [Fact]
    public async Task Connect_Twice_GivesTwoNames()
    {
        await using var first = await DocumentClient.ConnectAsync(_server);
        await using var second = await DocumentClient.ConnectAsync(_server);

        Assert.NotEqual(first.Name, second.Name);
    }

    [Fact]
    public async Task Connect_AtTheLiteralAddress_Works()
    {
        await using var client = await DocumentClient.ConnectAsync(_server, host: "127.0.0.1");

        Assert.Equal($"http://{_server.HostOf(client.Name)}", (string?)client.Registration["url"]);
    }

    [Fact]
    public async Task Connect_OffersAnUnknownSubprotocol_SpeaksJson()
    {
        await using var client = await DocumentClient.ConnectAsync(_server, subprotocol: "example.v9");

        Assert.Null(client.Subprotocol);
        await StillServesAsync(_server, client);
    }

    [Fact]
    public async Task Connect_NotAWebSocketHandshake_IsRefusedWith426()
    {
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/tunnel/connect", $"localhost:{_server.Port}", "Accept: application/problem+json");

        var response = await raw.ReadResponseAsync();

        Expect.Problem(response, 426, "upgrade_required");
        // RFC 9110 section 15.5.22 demands it.
        Assert.Equal("websocket", response.Head["Upgrade"], ignoreCase: true);
    }

    [Fact]
    public async Task Connect_ServerHoldsAllItMay_IsRefusedBefore101()
    {
        await using var server = await IskandarServer.StartAsync("--max-tunnels", "1");
        await using (await DocumentClient.ConnectAsync(server))
        {
            await using var raw = await server.ConnectAsync();
            await SendHandshakeAsync(raw, server);

            var response = await raw.ReadResponseAsync();

            Expect.Problem(response, 503, "server_full");
            Assert.True(int.Parse(response.Head["Retry-After"]!, System.Globalization.CultureInfo.InvariantCulture) > 0);
        }

        // The name of a connection that has ended is free at once, and so is its place; only the end has to get there.
        await Eventually.TrueAsync(
            async () =>
            {
                await using var raw = await server.ConnectAsync();
                await SendHandshakeAsync(raw, server);
                return (await raw.ReadHeadAsync()).Status == 101;
            },
            "a place on the server");
    }

    [Theory]
    [InlineData("/tunnel/connect")]
    [InlineData("/health")]
    public async Task TunnelHost_PathsOfTheServer_ReachTheApp(string path)
    {
        await using var client = await DocumentClient.ConnectAsync(
            _server, answer: request => Messages.Response(request.Id, 200, $"app {request.Path}", done: true));

        using var response = await _server.Visitor.GetAsync(new Uri(client.Url, path), Bounded.Token());

        await Expect.TextAsync(response, $"app {path}");
    }

    [Fact]
    public async Task ServerHost_Health_Is200()
    {
        using var response = await _server.Visitor.GetAsync(new Uri(_server.Url, "/health"), Bounded.Token());

        Assert.Equal(200, (int)response.StatusCode);
    }

    /// <summary>One more exchange, as proof that the connection is well.</summary>
    internal static async Task StillServesAsync(IskandarServer server, DocumentClient client)
    {
        var path = $"/still-{Guid.NewGuid():N}";
        var visit = server.Visitor.GetAsync(new Uri(client.Url, path), Bounded.Token());
        var request = await client.NextRequestAsync();
        Assert.Equal(path, request.Path);
        await client.AnswerAsync(request, path);
        using var response = await visit;
        await Expect.TextAsync(response, path);
    }

    private static Task SendHandshakeAsync(RawVisitor raw, IskandarServer server) => raw.SendRequestAsync(
        "GET",
        "/tunnel/connect",
        $"localhost:{server.Port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
}
