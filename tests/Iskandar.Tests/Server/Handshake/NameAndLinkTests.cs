using System.Net;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Server.Handshake;
using Iskandar.Tests.Infrastructure;
using Iskandar.Tests.Protocol.Multiplexing;

namespace Iskandar.Tests.Server.Handshake;

/// <summary>Names that are claimed again and links that are resumed, on the whole server, with a client by hand.</summary>
public sealed class NameAndLinkTests
{
    private const string Accept = "cancel, credit, resume";

    [Fact]
    public async Task Claim_WithItsKey_TheSameNameAndTheJsonClientBeforeIsToldToGo()
    {
        await using var server = await InMemoryServer.StartAsync();
        var (older, registration) = await OpenAsync(server, isBinary: false);
        var (name, key) = ((string)registration["subdomain"]!, (string)registration["nameKey"]!);

        var (newer, again) = await OpenAsync(server, isBinary: false, Claim(name, key));

        Assert.Equal((name, key), ((string)again["subdomain"]!, (string)again["nameKey"]!));
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, await older.CloseFrameAsync());
        await older.CloseAsync(WebSocketCloseStatus.PolicyViolation);
        var visit = server.Visitor.GetStringAsync((string)again["url"]!, Bounded.Token);
        await newer.RespondAsync(await newer.RequestAsync(), 200, "the newer one", done: true);
        Assert.Equal("the newer one", await visit.Within());
    }

    [Fact]
    public async Task Claim_WithItsKey_TheBinaryClientBeforeIsToldToGo()
    {
        await using var server = await InMemoryServer.StartAsync();
        var (older, registration) = await OpenAsync(server, isBinary: true);
        var (name, key) = ((string)registration["subdomain"]!, (string)registration["nameKey"]!);

        await OpenAsync(server, isBinary: true, Claim(name, key));

        var peer = new FramePeer(older.Socket);
        Assert.Equal(ErrorCode.Displaced, (await peer.NextAsync(FrameType.GoAway)).GoAway.Code);
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, await peer.CloseFrameAsync());

        // Its link is gone for good.
        await RefusedAsync(server, HttpStatusCode.Gone, Resume(name, (string)registration["resume"]!, 0));
    }

    [Fact]
    public async Task Claim_WithItsKeyAfterTheTunnelIsGone_TheSameName()
    {
        await using var server = await InMemoryServer.StartAsync();
        var (older, registration) = await OpenAsync(server, isBinary: false);
        var (name, key) = ((string)registration["subdomain"]!, (string)registration["nameKey"]!);
        await older.CloseAsync();
        await older.CloseFrameAsync();

        var (_, again) = await OpenAsync(server, isBinary: true, Claim(name, key));

        Assert.Equal(name, (string)again["subdomain"]!);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("x")]
    [InlineData("!!!!!!!!!!!!!!!!!!!!!!")]
    public async Task Claim_WithoutItsKey_RefusedAndTheOwnerStays(string? key)
    {
        await using var server = await InMemoryServer.StartAsync();
        var (owner, registration) = await OpenAsync(server, isBinary: false);
        var name = (string)registration["subdomain"]!;
        (string, string)[] fields = key is null ? [(LinkResumption.NameField, name)] : Claim(name, key);

        await RefusedAsync(server, HttpStatusCode.Forbidden, fields);

        var visit = server.Visitor.GetStringAsync((string)registration["url"]!, Bounded.Token);
        await owner.RespondAsync(await owner.RequestAsync(), 200, "still here", done: true);
        Assert.Equal("still here", await visit.Within());
    }

    [Fact]
    public async Task Claim_WithTheKeyOfAnotherName_Refused()
    {
        await using var server = await InMemoryServer.StartAsync();
        var (_, first) = await OpenAsync(server, isBinary: false);
        var (_, second) = await OpenAsync(server, isBinary: false);

        await RefusedAsync(server, HttpStatusCode.Forbidden, Claim((string)first["subdomain"]!, (string)second["nameKey"]!));
    }

    [Fact]
    public async Task Claim_TheServerIsFull_ItsOwnerMayDisplaceItsOlderSelf()
    {
        await using var server = await InMemoryServer.StartAsync(static options => options.MaxTunnels = 1);
        var (_, registration) = await OpenAsync(server, isBinary: true);

        var (_, again) = await OpenAsync(server, isBinary: true, Claim((string)registration["subdomain"]!, (string)registration["nameKey"]!));

        Assert.Equal((string)registration["subdomain"]!, (string)again["subdomain"]!);
        await RefusedAsync(server, HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task Claim_AnExchangeIsInFlight_ItEndsOverTheOlderConnection()
    {
        await using var server = await InMemoryServer.StartAsync();
        var (older, registration) = await OpenAsync(server, isBinary: true);
        var visit = server.Visitor.GetStringAsync((string)registration["url"]!, Bounded.Token);
        var peer = new FramePeer(older.Socket);
        var stream = (await peer.NextAsync(FrameType.Request)).Stream;

        await OpenAsync(server, isBinary: true, Claim((string)registration["subdomain"]!, (string)registration["nameKey"]!));
        await peer.NextAsync(FrameType.GoAway);
        await peer.SendAsync(FrameBytes.Response(stream), FrameBytes.Data(stream, "from the older one", end: true));

        Assert.Equal("from the older one", await visit.Within());
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, await peer.CloseFrameAsync());
    }

    [Theory]
    [InlineData("not the secret")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("!!!!!!!!!!!!!!!!!!!!!!")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAA=")]
    public async Task Resume_WrongSecret_Gone(string secret)
    {
        await using var server = await InMemoryServer.StartAsync();
        var (_, registration) = await OpenAsync(server, isBinary: true);

        await RefusedAsync(server, HttpStatusCode.Gone, Resume((string)registration["subdomain"]!, secret, 0));
        await RefusedAsync(server, HttpStatusCode.Gone, Resume("nobody", (string)registration["resume"]!, 0));
    }

    [Fact]
    public async Task Resume_AnOffsetThatCantBe_RequestInvalid()
    {
        await using var server = await InMemoryServer.StartAsync();
        var (_, registration) = await OpenAsync(server, isBinary: true);

        await RefusedAsync(server, HttpStatusCode.BadRequest, Resume((string)registration["subdomain"]!, (string)registration["resume"]!, 1));
    }

    [Fact]
    public async Task Resume_AJsonTunnel_Gone()
    {
        await using var server = await InMemoryServer.StartAsync();
        var (_, registration) = await OpenAsync(server, isBinary: false);
        Assert.Null(registration["resume"]);

        await RefusedAsync(server, HttpStatusCode.Gone, Resume((string)registration["subdomain"]!, new string('A', 22), 0));
    }

    [Fact]
    public async Task Resume_WithoutTheSubprotocol_ClosedAndTheLinkIsLeftAlone()
    {
        await using var server = await InMemoryServer.StartAsync();
        var (first, registration) = await OpenAsync(server, isBinary: true);

        var wrong = await server.ConnectPeerAsync(Resume((string)registration["subdomain"]!, (string)registration["resume"]!, 0), Accept);

        Assert.Equal(WebSocketCloseStatus.ProtocolError, await wrong.CloseFrameAsync());
        await AnswerAsync(server, registration, first);
    }

    [Fact]
    public async Task Resume_TheConnectionWasLost_AVisitorWhoCameMeanwhileIsServed()
    {
        await using var server = await InMemoryServer.StartAsync();
        var (first, registration) = await OpenAsync(server, isBinary: true);
        first.Socket.Abort();
        var visit = server.Visitor.GetStringAsync((string)registration["url"]!, Bounded.Token);

        var (second, again) = await OpenAsync(server, isBinary: true, Resume((string)registration["subdomain"]!, (string)registration["resume"]!, 0));

        Assert.Equal(0, (int)again["received"]!);
        var peer = new FramePeer(second.Socket);
        var stream = (await peer.NextAsync(FrameType.Request)).Stream;
        await peer.SendAsync(FrameBytes.Response(stream), FrameBytes.Data(stream, "late", end: true));
        Assert.Equal("late", await visit.Within());
        await AnswerAsync(server, registration, second);
    }

    private static async Task AnswerAsync(InMemoryServer server, JsonNode registration, JsonPeer client)
    {
        var visit = server.Visitor.GetStringAsync((string)registration["url"]!, Bounded.Token);
        var peer = new FramePeer(client.Socket);
        var stream = (await peer.NextAsync(FrameType.Request)).Stream;
        await peer.SendAsync(FrameBytes.Response(stream), FrameBytes.Data(stream, "answered", end: true));
        Assert.Equal("answered", await visit.Within());
    }

    private static (string, string)[] Claim(string name, string key) => [(LinkResumption.NameField, name), (HandshakeClaim.KeyField, key)];

    private static (string, string)[] Resume(string name, string secret, long received) =>
        [(LinkResumption.NameField, name), (LinkResumption.SecretField, secret), (LinkResumption.ReceivedField, $"{received}")];

    private static async Task<(JsonPeer Peer, JsonNode Registration)> OpenAsync(InMemoryServer server, bool isBinary, params (string, string)[] fields)
    {
        var peer = await server.ConnectPeerAsync(fields, Accept, isBinary ? [TunnelConnection.BinarySubprotocol] : []);
        return (peer, await peer.MessageAsync());
    }

    private static async Task RefusedAsync(InMemoryServer server, HttpStatusCode status, params (string, string)[] fields)
    {
        var fault = await Assert.ThrowsAsync<WebSocketException>(() => server.ConnectPeerAsync(fields, Accept, TunnelConnection.BinarySubprotocol));
        Assert.Contains($"'{(int)status}'", fault.Message, StringComparison.Ordinal);
    }
}
