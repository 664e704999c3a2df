using System.Net;
using System.Net.WebSockets;
using System.Text;
using Iskandar.FunctionalTests.Binary;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>WebSockets over HTTP/2 (RFC 8441), to an app that knows those of HTTP/1.1 only.</summary>
public class Http2WebSocketTests(EdgeStage stage)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WebSocket_MessagesAndClose_GoBothWays(bool tls)
    {
        stage.Origin.Map("/h2-websocket", static async context =>
        {
            using var app = await context.WebSockets.AcceptWebSocketAsync();
            await WebSocketEcho.RunAsync(app);
        });

        using var visitor = await stage.OpenWebSocketAsync(tls, "/h2-websocket");

        await WebSocketEcho.VisitAsync(visitor);
    }

    [Fact]
    public async Task WebSocket_SubprotocolAndExtension_AreAgreedWithTheApp()
    {
        stage.Origin.Map("/h2-subprotocol", static async context =>
        {
            var options = new WebSocketAcceptContext { SubProtocol = "two", DangerousEnableCompression = true };
            using var app = await context.WebSockets.AcceptWebSocketAsync(options);
            await WebSocketEcho.RunAsync(app);
        });

        using var visitor = await stage.OpenWebSocketAsync(tls: true, "/h2-subprotocol", static options =>
        {
            options.AddSubProtocol("one");
            options.AddSubProtocol("two");
            options.DangerousDeflateOptions = new WebSocketDeflateOptions();
            options.CollectHttpResponseDetails = true;
        });

        Assert.Equal(("two", HttpStatusCode.OK), (visitor.SubProtocol, visitor.HttpStatusCode));
        Assert.Contains("permessage-deflate", Assert.Single(visitor.HttpResponseHeaders!["Sec-WebSocket-Extensions"]), StringComparison.Ordinal);
        Assert.False(visitor.HttpResponseHeaders.ContainsKey("Sec-WebSocket-Accept"));
        Assert.False(visitor.HttpResponseHeaders.ContainsKey("Upgrade"));
        await WebSocketEcho.VisitAsync(visitor);
    }

    [Fact]
    public async Task WebSocket_ClosedByTheApp_CodeAndReasonReachTheVisitor()
    {
        stage.Origin.Map("/h2-close", static async context =>
        {
            using var app = await context.WebSockets.AcceptWebSocketAsync();
            await app.CloseAsync((WebSocketCloseStatus)4321, "enough", Bounded.Token());
        });
        using var visitor = await stage.OpenWebSocketAsync(tls: true, "/h2-close");

        var result = await visitor.ReceiveAsync(new byte[16].AsMemory(), Bounded.Token());
        await visitor.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Bounded.Token());

        Assert.Equal(
            (WebSocketMessageType.Close, (WebSocketCloseStatus)4321, "enough"),
            (result.MessageType, visitor.CloseStatus!.Value, visitor.CloseStatusDescription));
    }

    [Theory]
    [InlineData(403, "403")]
    [InlineData(426, "426")]
    [InlineData(200, "501")]
    public async Task WebSocket_RefusedByTheApp_IsRefused(int status, string expected)
    {
        stage.Origin.Map($"/h2-no-websocket-{status}", context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync("no", context.RequestAborted);
        });
        await using var visitor = await stage.ConnectAsync();

        await visitor.SendHeadersAsync(1, endStream: false, Connect($"/h2-no-websocket-{status}"));

        // A 200 is no agreement, but to a CONNECT it would look like one.
        Assert.Contains(expected, Encoding.Latin1.GetString((await visitor.ReadAsync(1)).Payload), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Visitor_Resets_AppSeesTheEnd()
    {
        var (open, ended) = (new Gate(), new Gate());
        stage.Origin.Map("/h2-websocket-left", async context =>
        {
            using var app = await context.WebSockets.AcceptWebSocketAsync();
            open.Open();
            await Assert.ThrowsAnyAsync<Exception>(async () => await app.ReceiveAsync(new byte[1].AsMemory(), Bounded.Token()));
            ended.Open();
        });
        await using var visitor = await stage.ConnectAsync();
        await visitor.SendHeadersAsync(1, endStream: false, Connect("/h2-websocket-left"));
        await open.PassAsync("the WebSocket");
        await visitor.ReadAsync(1);

        await visitor.ResetAsync(1);

        await ended.PassAsync("the end", 7);
    }

    [Fact]
    public async Task App_Dies_VisitorSeesNoCleanEnd()
    {
        var seen = new Gate();
        stage.Origin.Map("/h2-websocket-dies", async context =>
        {
            using var app = await context.WebSockets.AcceptWebSocketAsync();
            await app.SendAsync("begun"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Bounded.Token());
            await seen.PassAsync("the visitor's receipt");
            context.Abort();
        });
        using var visitor = await stage.OpenWebSocketAsync(tls: true, "/h2-websocket-dies");
        var buffer = new byte[16];
        await visitor.ReceiveAsync(buffer.AsMemory(), Bounded.Token());
        seen.Open();

        await Assert.ThrowsAsync<WebSocketException>(async () => await visitor.ReceiveAsync(buffer.AsMemory(), Bounded.Token()));
    }

    [Fact]
    public async Task Connect_ToAProtocolThatIsNotListed_NotImplemented()
    {
        await using var visitor = await stage.ConnectAsync();

        await visitor.SendHeadersAsync(1, endStream: false, Connect("/h2-connect-udp", "connect-udp"));

        Assert.Contains("501", Encoding.Latin1.GetString((await visitor.ReadAsync(1)).Payload), StringComparison.Ordinal);
        Assert.DoesNotContain(stage.Origin.Requests, static request => request.Target == "/h2-connect-udp");
    }

    [Fact]
    public async Task Tunnel_OpenedOverHttp2_IsRegistered()
    {
        using var client = await stage.OpenWebSocketAsync(tls: true, "/tunnel/connect", static options => options.AddSubProtocol("iskandar.v1"), "localhost");
        var buffer = new byte[1024];

        var result = await client.ReceiveAsync(buffer.AsMemory(), Bounded.Token());

        Assert.Equal(("iskandar.v1", WebSocketMessageType.Text), (client.SubProtocol, result.MessageType));
        Assert.Contains("\"subdomain\"", Encoding.UTF8.GetString(buffer, 0, result.Count), StringComparison.Ordinal);
    }

    private (string Name, string Value)[] Connect(string path, string protocol = "websocket") =>
    [
        (":method", "CONNECT"), (":protocol", protocol), (":path", path), (":scheme", "http"), (":authority", stage.Host(tls: false)),
        ("sec-websocket-version", "13"),
    ];
}
