using System.IO.Pipelines;
using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Server.Configuration;
using Iskandar.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.Tests.Server.Gateway;

/// <summary>A visitor's request through the gateway: what is refused, what is sent, and every way it can end.</summary>
public sealed class TunnelGatewayTests
{
    [Fact]
    public async Task Request_WithContent_CrossesAndTheAnswerComesBack()
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        using var visitor = new Visitor("POST", "/api?x=1").With("Content-Type", "text/plain").WithContent("hello");
        var visit = stage.VisitAsync(visitor);

        var request = await stage.Client.MessageAsync("request");
        Assert.Equal(("POST", "/api?x=1", "hello"), ((string)request["method"]!, (string)request["path"]!, JsonPeer.Body(request)));
        var headers = request["headers"]!;
        Assert.Equal(
            ("abc123.localhost:8080", "text/plain", "5", "192.0.2.7"),
            ((string)headers["host"]!, (string)headers["content-type"]!, (string)headers["content-length"]!, (string)headers["x-forwarded-for"]!));
        await stage.Client.SendAsync($$"""{"id":"{{request["id"]}}","status":201,"headers":{"content-type":"text/plain","location":"/api/1"},"body":"d29ybGQ=","done":true}""");
        await visit.Within();

        Assert.Equal((201, "world", true, false), (visitor.Response.StatusCode, visitor.Response.Sent, visitor.Response.IsComplete, visitor.IsAborted));
        Assert.Equal(("text/plain", "/api/1"), ((string)visitor.Response.Headers.ContentType!, (string)visitor.Response.Headers.Location!));
        Assert.Equal(0, stage.Tunnel.Connection.ActiveExchanges);
    }

    [Fact]
    public async Task Response_InPieces_EachReachesTheVisitorAtOnce()
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        using var visitor = new Visitor();
        var visit = stage.VisitAsync(visitor);
        var id = await stage.Client.RequestAsync();

        await stage.Client.RespondAsync(id, 200);
        await Bounded.UntilAsync(() => visitor.Response.HasStarted, "the head reaches the visitor");
        await stage.Client.RespondAsync(id, body: "one");
        await Bounded.UntilAsync(() => visitor.Response.Sent == "one", "the first piece reaches the visitor");
        await stage.Client.RespondAsync(id, body: "two");
        await Bounded.UntilAsync(() => visitor.Response.Sent == "onetwo", "the second piece reaches the visitor");
        Assert.False(visit.IsCompleted);
        await stage.Client.RespondAsync(id, done: true);

        await visit.Within();
        Assert.True(visitor.Response.IsComplete);
    }

    [Theory]
    [InlineData("CONNECT", 405, "method_unsupported")]
    public async Task Method_NotSupported_RefusedAndNothingSent(string method, int status, string code)
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        using var visitor = new Visitor(method, "other.example.com:443");

        await stage.VisitAsync(visitor).Within();

        Assert.Equal((status, code), (visitor.Response.StatusCode, visitor.ErrorCode));
        await stage.Tunnel.NothingSentAsync();
    }

    [Theory]
    [InlineData(404, 503)]
    [InlineData(421, 421)]
    public async Task ClientLeaves_RequestUnderWay_AnotherServerIsToBeAskedIfThereIsOne(int configured, int expected)
    {
        await using var tunnel = new FakeTunnel();
        using var visitor = new Visitor();
        var visit = tunnel.VisitAsync(visitor, options: new IskandarServerOptions { MissingTunnelStatus = configured });
        await tunnel.Exchange.HeadAsync();

        tunnel.Exchange.Cancel(ExchangeError.TunnelClosing);
        await visit.Within();

        Assert.Equal((expected, "tunnel_closing"), (visitor.Response.StatusCode, visitor.ErrorCode));
    }

    [Fact]
    public async Task WebSocket_JsonTunnel_UpgradeUnsupported()
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        using var visitor = new Visitor { IsUpgradableRequest = true }.With("Upgrade", "websocket").With("Connection", "Upgrade");

        await stage.VisitAsync(visitor).Within();

        Assert.Equal((501, "upgrade_unsupported"), (visitor.Response.StatusCode, visitor.ErrorCode));
        await stage.Tunnel.NothingSentAsync();
    }

    [Fact]
    public async Task OtherUpgrade_JsonTunnel_ForwardedWithoutIt()
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        using var visitor = new Visitor { IsUpgradableRequest = true }.With("Upgrade", "h2c").With("Connection", "Upgrade, HTTP2-Settings").With("HTTP2-Settings", "x");
        var visit = stage.VisitAsync(visitor);

        var request = await stage.Client.MessageAsync("request");
        await stage.Client.RespondAsync((string)request["id"]!, 200, done: true);
        await visit.Within();

        Assert.Null(request["headers"]!["upgrade"]);
        Assert.Null(request["headers"]!["http2-settings"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Content_OverTheLimit_ContentTooLargeAndNothingSent(bool declared)
    {
        await using var stage = await TunnelGatewayStage.StartAsync(static time => new GatewayConnectionOptions { TimeProvider = time, MaxBufferedRequest = 10 });
        using var visitor = new Visitor("POST").WithContent("eleven byte", declared);

        await stage.VisitAsync(visitor).Within();

        Assert.Equal((413, "content_too_large"), (visitor.Response.StatusCode, visitor.ErrorCode));
        Assert.Equal(declared ? 0 : 11, visitor.Context.Request.Body.Position);
        await stage.Tunnel.NothingSentAsync();
    }

    [Fact]
    public async Task Content_AtTheLimit_Sent()
    {
        await using var stage = await TunnelGatewayStage.StartAsync(static time => new GatewayConnectionOptions { TimeProvider = time, MaxBufferedRequest = 10 });
        using var visitor = new Visitor("POST").WithContent("ten bytes.");
        var visit = stage.VisitAsync(visitor);

        var request = await stage.Client.MessageAsync("request");
        await stage.Client.RespondAsync((string)request["id"]!, 204, done: true);

        await visit.Within();
        Assert.Equal(("ten bytes.", 204), (JsonPeer.Body(request), visitor.Response.StatusCode));
    }

    [Theory]
    [InlineData(typeof(IOException), null)]
    [InlineData(typeof(BadHttpRequestException), 400)]
    public async Task Content_BreaksOff_NothingSent(Type fault, int? status)
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        var content = new Pipe();
        await content.Writer.WriteAsync("part"u8.ToArray(), Bounded.Token);
        await content.Writer.CompleteAsync((Exception)Activator.CreateInstance(fault, "broken")!);
        using var visitor = new Visitor("POST").WithContent(content.Reader.AsStream(), length: null);

        await stage.VisitAsync(visitor).Within();

        Assert.Equal((status is null, status ?? 200, status is null ? null : "request_invalid"), (visitor.IsAborted, visitor.Response.StatusCode, visitor.ErrorCode));
        await stage.Tunnel.NothingSentAsync();
    }

    [Fact]
    public async Task Visitor_LeavesBeforeTheHead_ClientToldAndNothingAnswered()
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        using var visitor = new Visitor();
        var visit = stage.VisitAsync(visitor);
        var id = await stage.Client.RequestAsync();

        await visitor.LeaveAsync();

        Assert.Equal(id, (string)(await stage.Client.MessageAsync("cancel"))["id"]!);
        await visit.Within();
        Assert.Equal((true, false, 0), (visitor.IsAborted, visitor.Response.HasStarted, stage.Tunnel.Connection.ActiveExchanges));
    }

    [Fact]
    public async Task Visitor_LeavesWhileUploading_NothingSent()
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        var content = new Pipe();
        await content.Writer.WriteAsync("part"u8.ToArray(), Bounded.Token);
        using var visitor = new Visitor("POST").WithContent(content.Reader.AsStream(), length: 100);
        var visit = stage.VisitAsync(visitor);

        await visitor.LeaveAsync();

        await visit.Within();
        Assert.True(visitor.IsAborted);
        await stage.Tunnel.NothingSentAsync();
    }

    [Fact]
    public async Task Visitor_TakesNothing_GivenUpWhenTheExchangeFails()
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        using var visitor = new Visitor(isStuck: true);
        var visit = stage.VisitAsync(visitor);
        var id = await stage.Client.RequestAsync();
        await stage.Client.RespondAsync(id, 200, "part");
        await visitor.Response.Waiting.Task.Within();

        await stage.Client.RespondAsync(id, done: true, error: "origin_failed");

        await visit.Within();
        Assert.Equal((true, false), (visitor.IsAborted, visitor.Response.IsComplete));
    }

    [Theory]
    [InlineData("""{"id":"ID","status":502,"done":true,"error":"origin_unreachable","headers":{"x-not":"used"},"body":"bm90IHVzZWQ="}""", 502, "origin_unreachable")]
    [InlineData("""{"id":"ID","status":504,"done":true,"error":"origin_timeout"}""", 504, "origin_timeout")]
    [InlineData("""{"id":"ID","status":200,"done":true,"error":"origin_failed"}""", 502, "origin_failed")]
    [InlineData("""{"id":"ID","status":99,"done":true}""", 502, "response_invalid")]
    [InlineData("""{"id":"ID","status":200,"headers":{"content-length":"x"},"done":true}""", 502, "response_invalid")]
    [InlineData("""{"id":"ID","status":200,"headers":{"content-length":"-1"},"done":true}""", 502, "response_invalid")]
    [InlineData("""{"id":"ID","status":200,"headers":{"content-length":["1","2"]},"body":"YQ==","done":true}""", 502, "response_invalid")]
    [InlineData("""{"id":"ID","status":200,"headers":{"content-length":"2"},"body":"YQ==","done":true}""", 502, "response_invalid")]
    [InlineData("""{"id":"ID","status":200,"headers":{"content-length":"1"},"body":"YWI=","done":true}""", 502, "response_invalid")]
    [InlineData("""{"id":"ID","status":200,"headers":{"content-length":"1"},"done":true}""", 502, "response_invalid")]
    public async Task Exchange_FailsBeforeAnythingIsSent_ErrorPage(string response, int status, string code)
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        using var visitor = new Visitor();

        await stage.AnswerAsync(visitor, response);

        Assert.Equal((status, code), (visitor.Response.StatusCode, visitor.ErrorCode));
        Assert.Equal((true, false), (visitor.Response.IsComplete, visitor.IsAborted));
        Assert.Equal(Encoding.UTF8.GetByteCount(visitor.Response.Sent), visitor.Response.Headers.ContentLength);
        Assert.False(visitor.Response.Headers.ContainsKey("X-Not"));
    }

    [Fact]
    public async Task Tunnel_Lost_ErrorPageBeforeTheHeadAndAbortedAfterIt()
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        using var waiting = new Visitor();
        using var begun = new Visitor();
        var (first, _) = (stage.VisitAsync(waiting), await stage.Client.RequestAsync());
        var (second, id) = (stage.VisitAsync(begun), await stage.Client.RequestAsync());
        await stage.Client.RespondAsync(id, 200, "part");
        await Bounded.UntilAsync(() => begun.Response.Sent == "part", "the first piece reaches the visitor");

        stage.Client.Socket.Abort();

        await Task.WhenAll(first, second).Within();
        Assert.Equal((502, "tunnel_lost", false), (waiting.Response.StatusCode, waiting.ErrorCode, waiting.IsAborted));
        Assert.Equal((200, true, false), (begun.Response.StatusCode, begun.IsAborted, begun.Response.IsComplete));
    }

    [Fact]
    public async Task Head_NotInTime_ResponseTimeout()
    {
        await using var stage = await TunnelGatewayStage.StartAsync();
        using var visitor = new Visitor();
        var visit = stage.VisitAsync(visitor);
        await stage.Client.RequestAsync();

        stage.Tunnel.Time.Advance(TimeSpan.FromSeconds(100));
        stage.Tunnel.Connection.EnforceDeadlines();

        await visit.Within();
        Assert.Equal((504, "response_timeout"), (visitor.Response.StatusCode, visitor.ErrorCode));
    }

    [Fact]
    public async Task Exchanges_AsManyAsAllowed_TunnelBusyWithRetryAfter()
    {
        await using var stage = await TunnelGatewayStage.StartAsync(static time => new GatewayConnectionOptions { TimeProvider = time, MaxExchanges = 1 });
        using var open = stage.Tunnel.Open();
        using var visitor = new Visitor();

        await stage.VisitAsync(visitor).Within();

        Assert.Equal((503, "tunnel_busy", "1"), (visitor.Response.StatusCode, visitor.ErrorCode, (string)visitor.Response.Headers.RetryAfter!));
    }
}
