using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Iskandar.Protocol.Connections;
using Iskandar.Server.Handshake;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Server.Handshake;

public sealed class TunnelHandshakeTests
{
    [Fact]
    public async Task Handshake_NothingAccepted_RegistrationWithoutWindow()
    {
        await using var server = await InMemoryServer.StartAsync();

        var registration = await (await server.ConnectPeerAsync()).MessageAsync();

        var name = (string)registration["subdomain"]!;
        Assert.Matches("^[a-z0-9]{8}$", name);
        var key = (string)registration["nameKey"]!;
        Assert.Matches("^[A-Za-z0-9_-]{22}$", key);
        Assert.Equal($$"""{"subdomain":"{{name}}","url":"http://{{name}}.tunnel.example.com","maxMessage":16777216,"nameKey":"{{key}}"}""", registration.ToJsonString());
    }

    [Fact]
    public async Task Handshake_CreditAccepted_RegistrationWithWindow()
    {
        await using var server = await InMemoryServer.StartAsync(static options =>
        {
            options.PublicUrl = new Uri("https://tunnel.example.com:8443");
            options.MaxMessage = 100_000;
        });

        var registration = await (await server.ConnectPeerAsync("cancel, credit, of a later version")).MessageAsync();

        Assert.Equal((100_000, 262_144), ((int)registration["maxMessage"]!, (int)registration["window"]!));
        Assert.Equal($"https://{registration["subdomain"]}.tunnel.example.com:8443", (string)registration["url"]!);
    }

    [Fact]
    public async Task Subprotocols_NoneOfThemKnown_AcceptedWithoutAndJsonSpoken()
    {
        await using var server = await InMemoryServer.StartAsync();

        var peer = await server.ConnectPeerAsync(accept: null, "iskandar.v0", "mqtt");

        Assert.Null(peer.Socket.SubProtocol);
        Assert.NotNull((await peer.MessageAsync())["maxMessage"]);
    }

    [Fact]
    public async Task Subprotocols_Offered_TheBestKnownIsChosen()
    {
        await using var server = await InMemoryServer.StartAsync();

        var peer = await server.ConnectPeerAsync(accept: null, ["mqtt", .. TunnelConnection.SupportedSubprotocols]);

        Assert.Equal(TunnelConnection.SupportedSubprotocols is [var best, ..] ? best : null, peer.Socket.SubProtocol);
        Assert.NotNull((await peer.MessageAsync())["subdomain"]);
    }

    [Theory]
    [InlineData("", "a,b", null)]
    [InlineData("c", "a,b", null)]
    [InlineData("A", "a,b", null)]
    [InlineData("b", "a,b", "b")]
    [InlineData("c,b,a", "a,b", "a")]
    [InlineData("a", "", null)]
    public void ChooseSubprotocol_OfferedAndSupported_TheServersFirst(string offered, string supported, string? expected) =>
        Assert.Equal(expected, TunnelHandshake.ChooseSubprotocol(List(offered), List(supported)));

    [Fact]
    public async Task Handshake_NoWebSocket_UpgradeRequiredAsAProblem()
    {
        await using var server = await InMemoryServer.StartAsync();

        using var response = await server.Visitor.GetAsync(new Uri("http://tunnel.example.com/tunnel/connect"), Bounded.Token).Within();

        await AssertProblemAsync(response, 426, "upgrade_required");
        Assert.Equal("websocket", response.Headers.Upgrade.Single().Name);
    }

    [Theory]
    [InlineData("https://evil.example.com", 403)]
    [InlineData("null", 403)]
    [InlineData("http://tunnel.example.com.evil.example", 403)]
    [InlineData("http://abc123.tunnel.example.com", 403)]
    [InlineData("http://tunnel.example.com", 101)]
    [InlineData("https://TUNNEL.example.com", 101)]
    public async Task Handshake_OriginField_OnlyTheServersOwn(string origin, int status)
    {
        // RFC 6455 section 10.2: browsers open WebSockets for the page of any site.
        await using var server = await InMemoryServer.StartAsync();
        await using var browser = server.Connect();
        await browser.WriteAsync(
            Encoding.ASCII.GetBytes(
                "GET /tunnel/connect HTTP/1.1\r\nHost: tunnel.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: {origin}\r\n\r\n"),
            Bounded.Token);

        var head = new byte["HTTP/1.1 000".Length];
        await browser.ReadExactlyAsync(head, Bounded.Token).AsTask().Within();

        Assert.Equal($"HTTP/1.1 {status}", Encoding.ASCII.GetString(head));
    }

    [Fact]
    public async Task Handshake_ServerFull_RefusedAsAProblemUntilOneLeaves()
    {
        await using var server = await InMemoryServer.StartAsync(static options => options.MaxTunnels = 1);
        var (first, _) = await server.OpenTunnelAsync();

        var fault = await Assert.ThrowsAsync<WebSocketException>(() => server.ConnectPeerAsync());
        Assert.Contains("503", fault.Message, StringComparison.Ordinal);
        using var upgrade = new HttpRequestMessage(HttpMethod.Get, "http://tunnel.example.com/tunnel/connect");
        upgrade.Headers.Add("Connection", "Upgrade");
        upgrade.Headers.Add("Upgrade", "websocket");
        upgrade.Headers.Add("Sec-WebSocket-Version", "13");
        upgrade.Headers.Add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        using var refusal = await server.Visitor.SendAsync(upgrade, Bounded.Token).Within();
        await AssertProblemAsync(refusal, 503, "server_full");
        Assert.True(refusal.Headers.RetryAfter!.Delta > TimeSpan.Zero);

        await first.CloseAsync();
        Assert.Equal(WebSocketCloseStatus.NormalClosure, await first.CloseFrameAsync());
        await UntilConnectedAsync(server);
    }

    [Fact]
    public async Task Name_ClientGone_FreeAtOnce()
    {
        await using var server = await InMemoryServer.StartAsync();
        var (peer, url) = await server.OpenTunnelAsync();

        await peer.CloseAsync();
        await peer.CloseFrameAsync();

        HttpStatusCode status;
        do
        {
            using var response = await server.Visitor.GetAsync(url, Bounded.Token).Within();
            status = response.StatusCode;
        }
        while (status == HttpStatusCode.BadGateway);
        Assert.Equal(HttpStatusCode.NotFound, status);
    }

    [Fact]
    public async Task Server_Stops_TunnelsClosedWith1001AfterWhatIsInFlight()
    {
        await using var server = await InMemoryServer.StartAsync();
        var (peer, url) = await server.OpenTunnelAsync();
        var visit = server.Visitor.GetStringAsync(url, Bounded.Token);
        var id = await peer.RequestAsync();

        var stopping = server.StopAsync();
        await peer.RespondAsync(id, 200, "finished", done: true);

        Assert.Equal("finished", await visit.Within());
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, await peer.CloseFrameAsync());
        await peer.CloseAsync();
        await stopping;
    }

    private static string[] List(string items) => items.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static async Task UntilConnectedAsync(InMemoryServer server)
    {
        while (true)
        {
            try
            {
                await server.OpenTunnelAsync();
                return;
            }
            catch (WebSocketException)
            {
                // The name is free when the server has seen the end: each question is a request of its own.
                Bounded.Token.ThrowIfCancellationRequested();
            }
        }
    }

    private static async Task AssertProblemAsync(HttpResponseMessage response, int status, string code)
    {
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync(Bounded.Token))!;
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal((status, code, code), ((int)response.StatusCode, Assert.Single(response.Headers.GetValues("Iskandar-Error")), (string)problem["code"]!));
    }
}
