using System.Net;
using System.Text.Json.Nodes;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Multiplexing;
using Iskandar.Server.Configuration;
using Iskandar.Server.Gateway;
using Iskandar.Server.Handshake;
using Iskandar.Server.Tunnels;
using Iskandar.Tests.Infrastructure;
using Iskandar.Tests.Protocol.Multiplexing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Server.Gateway;

/// <summary>A request that was not sent when its connection was lost begins again over the next one; one that may have been sent never does.</summary>
public sealed class UnsentRequestTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Get_WaitedInALinkThatWasDisplaced_ServedOverTheNextOnce()
    {
        await using var server = await InMemoryServer.StartAsync();
        var (older, registration) = await OpenAsync(server);
        await LoseAsync(server, older, registration);
        var visit = server.Visitor.GetStringAsync((string)registration["url"]!, Bounded.Token);
        await UntilOpenAsync(server, registration);

        var newer = await ClaimAsync(server, registration);

        var request = await newer.NextAsync(FrameType.Request);
        Assert.Equal((1u, true), (request.Stream, request.IsEnd));
        await newer.SendAsync(FrameBytes.Response(1), FrameBytes.Data(1, "over the next one", end: true));
        Assert.Equal("over the next one", await visit.Within());
        await NothingMoreAsync(server, registration, newer);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(0, false)]
    [InlineData(10, true)]
    [InlineData(10, false)]
    [InlineData(200_000, true)]
    [InlineData(200_000, false)]
    public async Task Post_WaitedInALinkThatWasDisplaced_ItsContentComesWholeAndOnce(int length, bool declaresLength)
    {
        await using var server = await InMemoryServer.StartAsync();
        var (older, registration) = await OpenAsync(server);
        await LoseAsync(server, older, registration);
        var content = Pattern.Bytes(length);
        using var message = new HttpRequestMessage(HttpMethod.Post, (string)registration["url"]!)
        {
            Content = declaresLength ? new ByteArrayContent(content) : new StreamContent(new UnknownLength(content)),
        };
        var visit = server.Visitor.SendAsync(message, Bounded.Token);
        await UntilOpenAsync(server, registration);

        var newer = await ClaimAsync(server, registration);

        var request = await newer.NextAsync(FrameType.Request);
        Assert.Equal("POST", request.Request.Method);
        var received = request.IsEnd ? [] : await newer.DataAsync(request.Stream);
        Assert.Equal(content, received);
        await newer.SendAsync(FrameBytes.Response(request.Stream, status: 204, end: true));
        using var response = await visit.Within();
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        await NothingMoreAsync(server, registration, newer);
    }

    [Fact]
    public async Task Get_HadLeft_TunnelLostAndNotSentAgain()
    {
        await using var server = await InMemoryServer.StartAsync();
        var (older, registration) = await OpenAsync(server);
        var visit = server.Visitor.GetAsync((string)registration["url"]!, Bounded.Token);
        await older.NextAsync(FrameType.Request);
        await LoseAsync(server, older, registration);

        var newer = await ClaimAsync(server, registration);

        using var response = await visit.Within();
        Assert.Equal((502, "tunnel_lost"), ((int)response.StatusCode, Assert.Single(response.Headers.GetValues("Iskandar-Error"))));
        await NothingMoreAsync(server, registration, newer);
    }

    [Fact]
    public async Task Post_APartHadLeft_TunnelLostAndNotSentAgain()
    {
        await using var server = await InMemoryServer.StartAsync();
        var (older, registration) = await OpenAsync(server);
        using var content = new ByteArrayContent(new byte[600_000]);
        var visit = server.Visitor.PostAsync((string)registration["url"]!, content, Bounded.Token);
        await older.NextAsync(FrameType.Data);
        await LoseAsync(server, older, registration);

        var newer = await ClaimAsync(server, registration);

        using var response = await visit.Within();
        Assert.Equal("tunnel_lost", Assert.Single(response.Headers.GetValues("Iskandar-Error")));
        await NothingMoreAsync(server, registration, newer);
    }

    [Fact]
    public async Task Get_NobodyResumesTheLink_TunnelOffline()
    {
        await using var server = await InMemoryServer.StartAsync();
        var (older, registration) = await OpenAsync(server);
        await LoseAsync(server, older, registration);
        var visit = server.Visitor.GetAsync((string)registration["url"]!, Bounded.Token);
        await UntilOpenAsync(server, registration);

        server.Time.Advance(TimeSpan.FromSeconds(61));

        using var response = await visit.Within();
        Assert.Equal((503, "tunnel_offline"), ((int)response.StatusCode, Assert.Single(response.Headers.GetValues("Iskandar-Error"))));
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Wait_NoConnectionComes_TunnelOfflineAfterFifteenSeconds()
    {
        using var visitor = new Visitor();
        var visit = NewGateway().HandleNextAsync(visitor.Context, new Tunnel("abc"));

        _time.Advance(TimeSpan.FromSeconds(14));
        Assert.False(visit.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        await visit.Within();
        Assert.Equal((503, "tunnel_offline"), (visitor.Response.StatusCode, visitor.ErrorCode));
    }

    [Fact]
    public async Task Wait_TheLostConnectionHasNoSuccessor_TunnelOfflineAfterFifteenSeconds()
    {
        using var visitor = new Visitor();
        var tunnel = new Tunnel("abc");
        await using var link = new FakeTunnel();
        tunnel.Attach(link);
        var visit = NewGateway().HandleNextAsync(visitor.Context, tunnel);
        Assert.False(visit.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(15));

        await visit.Within();
        Assert.Equal("tunnel_offline", visitor.ErrorCode);
        link.Exchange.Dispose();
    }

    [Fact]
    public async Task Wait_VisitorLeaves_EndsAtOnce()
    {
        using var visitor = new Visitor();
        var visit = NewGateway().HandleNextAsync(visitor.Context, new Tunnel("abc"));

        await visitor.LeaveAsync();

        await visit.Within();
    }

    [Fact]
    public async Task Wait_TheHandshakeComesToNothing_TunnelOffline()
    {
        using var visitor = new Visitor();
        var tunnel = new Tunnel("abc");
        var visit = NewGateway().HandleNextAsync(visitor.Context, tunnel);

        tunnel.End(null);

        await visit.Within();
        Assert.Equal("tunnel_offline", visitor.ErrorCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Wait_DisplacedBeforeItHadAConnection_ServedOverTheNewer(bool isAttachedBefore)
    {
        using var visitor = new Visitor();
        var (older, newer) = (new Tunnel("abc"), new Tunnel("abc"));
        await using var link = new FakeTunnel();
        if (isAttachedBefore)
        {
            newer.Attach(link);
        }

        var visit = NewGateway().HandleNextAsync(visitor.Context, older);
        older.End(newer);
        newer.Attach(link);

        Assert.Equal("GET / end", await link.Exchange.HeadAsync());
        link.Exchange.Respond(204);
        link.Exchange.End();
        await visit.Within();
        Assert.Equal(204, visitor.Response.StatusCode);
    }

    private TunnelGateway NewGateway() => new(Options.Create(new IskandarServerOptions()), _time, NullLogger<TunnelGateway>.Instance);

    private static async Task<(FramePeer Client, JsonNode Registration)> OpenAsync(InMemoryServer server, params (string, string)[] fields)
    {
        var peer = await server.ConnectPeerAsync(fields, "cancel, credit, resume", TunnelConnection.BinarySubprotocol);
        var registration = await peer.MessageAsync();
        return (new FramePeer(peer.Socket), registration);
    }

    private static async Task<FramePeer> ClaimAsync(InMemoryServer server, JsonNode registration)
    {
        var (client, _) = await OpenAsync(
            server, (LinkResumption.NameField, (string)registration["subdomain"]!), (HandshakeClaim.KeyField, (string)registration["nameKey"]!));
        return client;
    }

    // The client is gone, and the server has seen it.
    private static async Task LoseAsync(InMemoryServer server, FramePeer client, JsonNode registration)
    {
        client.Socket.Abort();
        var connection = (FrameGatewayConnection)server.ConnectionOf((string)registration["subdomain"]!);
        await Bounded.UntilAsync(() => connection.IsDetached, "the link is detached");
    }

    // The visitor's request has come as far as it can, its content included.
    private static async Task UntilOpenAsync(InMemoryServer server, JsonNode registration)
    {
        var connection = (FrameGatewayConnection)server.ConnectionOf((string)registration["subdomain"]!);
        await Bounded.UntilAsync(() => connection.ActiveExchanges == 1 && connection.Sender.Held > 0, "the request waits");
    }

    // The next request is the first that comes after what came before.
    private static async Task NothingMoreAsync(InMemoryServer server, JsonNode registration, FramePeer client)
    {
        var visit = server.Visitor.GetStringAsync((string)registration["url"]! + "/last", Bounded.Token);
        var request = await client.NextAsync(FrameType.Request);
        Assert.Equal("/last", request.Request.Target);
        await client.SendAsync(FrameBytes.Response(request.Stream), FrameBytes.Data(request.Stream, "last", end: true));
        Assert.Equal("last", await visit.Within());
    }

    // What HttpClient sends in chunks.
    private sealed class UnknownLength(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}
