using System.Security.Cryptography;
using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Server.Configuration;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Server.Gateway;

/// <summary>A WebSocket of a visitor who speaks HTTP/2 (RFC 8441): the app sees the handshake of HTTP/1.1.</summary>
public sealed class ExtendedConnectTests : IAsyncDisposable
{
    private readonly FakeTunnel _tunnel = new();

    [Fact]
    public async Task Connect_ToAWebSocket_AppSeesAGetWithAKey()
    {
        using var visitor = WebSocket(Stream.Null).With("Sec-WebSocket-Key", "the visitor's").With("Content-Length", "0").With("Sec-WebSocket-Protocol", "chat");
        var visit = _tunnel.VisitAsync(visitor);

        Assert.Equal("GET /ws?a upgrade", await _tunnel.Exchange.HeadAsync());
        var fields = _tunnel.Exchange.Request.Fields;
        Assert.Equal(("websocket", "chat", null), (fields.Find("Upgrade"), fields.Find("Sec-WebSocket-Protocol"), fields.Find("Content-Length")));
        Assert.Equal(16, Convert.FromBase64String(fields.Find("Sec-WebSocket-Key")!).Length);

        await EndAsync(visit);
    }

    [Fact]
    public async Task App_Agrees_VisitorGets200AndBytesBothWays()
    {
        var (server, browser) = DuplexStream.CreatePair();
        using var visitor = WebSocket(server);
        var visit = _tunnel.VisitAsync(visitor);
        await _tunnel.Exchange.HeadAsync();

        Agree(("Sec-WebSocket-Protocol", "chat"));
        await browser.WriteAsync("hello"u8.ToArray(), Bounded.Token);
        Assert.Equal("hello", await _tunnel.Exchange.SentAsync(5));
        await _tunnel.Exchange.ReceiveAsync("world");
        var bytes = new byte[5];
        await browser.ReadExactlyAsync(bytes, Bounded.Token).AsTask().Within();
        Assert.Equal("world", Encoding.ASCII.GetString(bytes));

        var headers = visitor.Response.Headers;
        Assert.Equal((200, "chat"), (visitor.Response.StatusCode, (string?)headers.SecWebSocketProtocol));
        Assert.All((string[])["Upgrade", "Connection", "Sec-WebSocket-Accept"], name => Assert.False(headers.ContainsKey(name), name));
        _tunnel.Exchange.End();
        await visit.Within();
        Assert.False(visitor.IsAborted);
    }

    [Theory]
    [InlineData("websocket", "not the answer")]
    [InlineData("websocket", null)]
    [InlineData("chat", "right")]
    public async Task App_AgreesWrongly_ResponseInvalid(string upgrade, string? accept)
    {
        using var visitor = WebSocket(Stream.Null);
        var visit = _tunnel.VisitAsync(visitor);
        await _tunnel.Exchange.HeadAsync();

        (string, string)[] answer = accept is null ? [] : [("Sec-WebSocket-Accept", accept == "right" ? Accept() : accept)];
        _tunnel.Exchange.Respond(101, [("Upgrade", upgrade), .. answer]);
        await visit.Within();

        Assert.Equal((502, "response_invalid"), (visitor.Response.StatusCode, visitor.ErrorCode));
    }

    [Fact]
    public async Task App_Refuses_AnOrdinaryResponseAndTheRequestEnds()
    {
        using var visitor = WebSocket(Stream.Null);
        var visit = _tunnel.VisitAsync(visitor);
        await _tunnel.Exchange.HeadAsync();

        _tunnel.Exchange.Respond(403, ("Content-Length", "2"));
        await _tunnel.Exchange.EndedAsync();
        await _tunnel.Exchange.ReceiveAsync("no");
        _tunnel.Exchange.End();
        await visit.Within();

        Assert.Equal((403, "no", false), (visitor.Response.StatusCode, visitor.Response.Sent, visitor.IsAborted));
    }

    [Theory]
    [InlineData(200)]
    [InlineData(204)]
    public async Task App_AnswersAsIfNothingHadBeenAsked_NotAnAgreement(int status)
    {
        using var visitor = WebSocket(Stream.Null);
        var visit = _tunnel.VisitAsync(visitor);
        await _tunnel.Exchange.HeadAsync();

        _tunnel.Exchange.Respond(status);
        _tunnel.Exchange.End();
        await visit.Within();

        Assert.Equal((501, "upgrade_unsupported"), (visitor.Response.StatusCode, visitor.ErrorCode));
    }

    [Theory]
    [InlineData("connect-udp", true, 501, "upgrade_unsupported")]
    [InlineData("websocket", false, 501, "upgrade_unsupported")]
    [InlineData(null, true, 405, "method_unsupported")]
    public async Task Connect_ToAnythingElse_Refused(string? protocol, bool isWebSocketAllowed, int status, string code)
    {
        var options = new IskandarServerOptions();
        if (!isWebSocketAllowed)
        {
            options.Upgrades.Clear();
        }

        using var visitor = new Visitor("CONNECT") { Protocol = protocol };

        await _tunnel.VisitAsync(visitor, options: options).Within();

        // It was never opened.
        _tunnel.Exchange.Dispose();
        Assert.Equal((status, code), (visitor.Response.StatusCode, visitor.ErrorCode));
    }

    [Fact]
    public async Task Exchange_Fails_VisitorAborted()
    {
        var (server, _) = DuplexStream.CreatePair();
        using var visitor = WebSocket(server);
        var visit = _tunnel.VisitAsync(visitor);
        await _tunnel.Exchange.HeadAsync();
        Agree();
        await Bounded.UntilAsync(() => visitor.Response.HasStarted, "the 200 reaches the visitor");

        _tunnel.Exchange.Cancel(ExchangeError.TunnelLost);

        await visit.Within();
        Assert.True(visitor.IsAborted);
    }

    public ValueTask DisposeAsync() => _tunnel.DisposeAsync();

    private static Visitor WebSocket(Stream upgraded) => new("CONNECT", "/ws?a") { Protocol = "websocket", Upgraded = upgraded };

    private void Agree(params (string, string)[] fields) =>
        _tunnel.Exchange.Respond(101, [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", Accept()), .. fields]);

    // RFC 6455 section 4.2.2.
    private string Accept()
    {
        var key = _tunnel.Exchange.Request.Fields.Find("Sec-WebSocket-Key")!;
#pragma warning disable CA5350 // The RFC says which hash.
        return Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
    }

    private async Task EndAsync(Task visit)
    {
        _tunnel.Exchange.Respond(404);
        _tunnel.Exchange.End();
        await visit.Within();
    }
}
