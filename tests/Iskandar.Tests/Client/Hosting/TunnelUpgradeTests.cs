using System.Net.WebSockets;
using System.Text;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Iskandar.Tests.Client.Hosting;

/// <summary>A visitor who asks for an upgraded connection.</summary>
public sealed class TunnelUpgradeTests : IDisposable
{
    private readonly Stream _visitor;
    private readonly FakeExchange _exchange;

    public TunnelUpgradeTests()
    {
        var (visitor, tunnel) = DuplexStream.CreatePair();
        _visitor = visitor;
        _exchange = new FakeExchange(
            "GET",
            "/socket",
            "",
            new Field("Host", "abc123.example.com"),
            new Field("Upgrade", "websocket"),
            new Field("Content-Length", "5"),
            new Field("Sec-WebSocket-Version", "13"),
            new Field("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="))
        {
            Upgraded = tunnel,
        };
    }

    [Fact]
    public async Task Request_AsksForAnUpgrade_SaysSoAndHasNoContent() => Assert.Equal("299 .", string.Concat(await HostedExchange.RunAsync(_exchange, static async context =>
    {
        var headers = context.Request.Headers;
        Assert.True(context.Features.GetRequiredFeature<IHttpUpgradeFeature>().IsUpgradableRequest);
        Assert.Equal(("websocket", "Upgrade"), (headers.Upgrade.ToString(), headers.Connection.ToString()));
        Assert.False(context.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody);
        Assert.False(headers.ContainsKey("Content-Length"));
        Assert.Equal(0, await context.Request.Body.ReadAsync(new byte[1], Bounded.Token));
        context.Response.StatusCode = 299;
    })));

    [Fact]
    public async Task Request_AsksForNone_CantBeUpgraded() => Assert.Equal("299 .", string.Concat(await HostedExchange.RunAsync(new FakeExchange(), static async context =>
    {
        var feature = context.Features.GetRequiredFeature<IHttpUpgradeFeature>();
        Assert.False(feature.IsUpgradableRequest);
        await Assert.ThrowsAsync<InvalidOperationException>(feature.UpgradeAsync);
        context.Response.StatusCode = 299;
    })));

    [Fact]
    public async Task Upgrade_Agreed_HeadGoesAheadAndBytesBothWays()
    {
        var running = HostedExchange.RunAsync(_exchange, static async context =>
        {
            context.Response.Headers.Connection = "Upgrade, X-Hop";
            context.Response.Headers.Upgrade = "websocket";
            context.Response.Headers["X-Hop"] = "1";
            context.Response.Headers["X-End"] = "2";
            context.Response.ContentLength = 1;
            await using var stream = await UpgradeAsync(context.Features);
            Assert.True(context.Response.HasStarted);
            var buffer = new byte[4];
            while (await stream.ReadAsync(buffer, Bounded.Token) is > 0 and var count)
            {
                await stream.WriteAsync(buffer.AsMemory(0, count), Bounded.Token);
                await stream.FlushAsync(Bounded.Token);
                if (buffer[0] == 'q')
                {
                    return;
                }
            }
        });

        Assert.Equal("hi", await SayAsync("hi"));
        Assert.Equal("q", await SayAsync("q"));

        Assert.Equal(["101 ", "6869", "71", "."], await running);
        Assert.Equal([new Field("Upgrade", "websocket"), new Field("X-End", "2")], _exchange.Head!.Fields.Lines.ToArray());
    }

    [Fact]
    public async Task Complete_AfterTheUpgrade_EndsWhatIsSentAndNotWhatIsRead()
    {
        var received = "";
        var running = HostedExchange.RunAsync(_exchange, async context =>
        {
            var stream = await UpgradeAsync(context.Features);
            await stream.WriteAsync("hi"u8.ToArray(), Bounded.Token);
            await context.Response.CompleteAsync();
            await stream.WriteAsync("not sent"u8.ToArray(), Bounded.Token);
            using var reader = new StreamReader(stream);
            received = await reader.ReadToEndAsync(Bounded.Token);
        });
        await Bounded.UntilAsync(() => _exchange.Sent is [.., "."], "the end of what is sent");

        await _visitor.WriteAsync("last words"u8.ToArray(), Bounded.Token);
        await _visitor.DisposeAsync();

        Assert.Equal(["101 ", "6869", "."], await running);
        Assert.Equal("last words", received);
    }

    [Fact]
    public async Task Upgrade_Throws_AfterIt_Failed() => Assert.Equal(["101 ", "failed origin_failed"], await HostedExchange.RunAsync(_exchange, static async context =>
    {
        await UpgradeAsync(context.Features);
        throw new InvalidDataException();
    }));

    [Fact]
    public async Task Upgrade_CallbackThrows_500() => Assert.Equal(["500 ."], await HostedExchange.RunAsync(_exchange, static async context =>
    {
        context.Response.OnStarting(static () => throw new InvalidDataException());
        await Assert.ThrowsAsync<InvalidDataException>(async () => await UpgradeAsync(context.Features));
    }));

    [Fact]
    public async Task Upgrade_SecondOne_Refused() => Assert.Equal(["101 ", "."], await HostedExchange.RunAsync(_exchange, static async context =>
    {
        await UpgradeAsync(context.Features);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await UpgradeAsync(context.Features));
    }));

    [Fact]
    public async Task Upgrade_Refused_OrdinaryResponse()
    {
        var sent = await HostedExchange.RunAsync(_exchange, static context =>
        {
            context.Response.StatusCode = 426;
            context.Response.Headers.Upgrade = "other";
            return context.Response.WriteAsync("no", Bounded.Token);
        });

        Assert.Equal("426 no.", string.Concat(sent));
        Assert.Null(_exchange.Head!.Fields.Find("Upgrade"));
    }

    [Fact]
    public async Task Status101_WithoutAnUpgrade_500() => Assert.Equal(["500 ."], await HostedExchange.RunAsync(_exchange, static context =>
    {
        context.Response.StatusCode = 101;
        return Task.CompletedTask;
    }));

    [Fact]
    public async Task WebSocket_OfAspNetCore_MessagesBothWays()
    {
        await using var services = new ServiceCollection().AddLogging().BuildServiceProvider();
        var app = new ApplicationBuilder(services);
        app.UseWebSockets();
        app.Run(static async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[100];
            var received = await socket.ReceiveAsync(buffer, Bounded.Token);
            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, true, Bounded.Token);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", Bounded.Token);
        });
        var running = HostedExchange.RunAsync(_exchange, app.Build());
        using var visitor = WebSocket.CreateFromStream(_visitor, new WebSocketCreationOptions { KeepAliveInterval = TimeSpan.Zero });

        await visitor.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, Bounded.Token).Within();
        var buffer = new byte[100];
        var echoed = await visitor.ReceiveAsync(buffer, Bounded.Token).Within();
        var closed = await visitor.ReceiveAsync(buffer, Bounded.Token).Within();
        await visitor.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", Bounded.Token).Within();

        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, echoed.Count));
        Assert.Equal((WebSocketMessageType.Close, "bye"), (closed.MessageType, visitor.CloseStatusDescription));
        var sent = await running;
        Assert.Equal(("101 ", "."), (sent[0], sent[^1]));
        Assert.Equal(("websocket", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), (_exchange.Head!.Fields.Find("Upgrade"), _exchange.Head.Fields.Find("Sec-WebSocket-Accept")));
    }

    public void Dispose() => _exchange.Dispose();

    private static Task<Stream> UpgradeAsync(IFeatureCollection features) => features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();

    private async Task<string> SayAsync(string text)
    {
        await _visitor.WriteAsync(Encoding.UTF8.GetBytes(text), Bounded.Token);
        var answer = new byte[text.Length];
        await _visitor.ReadExactlyAsync(answer, Bounded.Token).Within();
        return Encoding.UTF8.GetString(answer);
    }
}
