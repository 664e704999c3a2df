using System.Net.WebSockets;
using System.Text;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Client.Hosting;
using Iskandar.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.Tests.Cli;

/// <summary>Upgraded connections, through the forwarder to an origin.</summary>
public sealed class ForwardedUpgradeTests
{
    private readonly Stream _visitor;
    private readonly Stream _tunnel;

    public ForwardedUpgradeTests() => (_visitor, _tunnel) = DuplexStream.CreatePair();

    [Fact]
    public async Task WebSocket_MessagesBothWays_ThroughToTheOrigin()
    {
        await using var stage = await OriginStage.StartAsync(static async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync(context.WebSockets.WebSocketRequestedProtocols[0]);
            var buffer = new byte[100_000];
            while (await socket.ReceiveAsync(buffer.AsMemory(), Bounded.Token) is var received && received.MessageType != WebSocketMessageType.Close)
            {
                await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, Bounded.Token);
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", Bounded.Token);
        });
        var exchange = Asking("websocket");
        var running = stage.ForwardAsync(exchange);
        using var visitor = WebSocket.CreateFromStream(_visitor, new WebSocketCreationOptions { KeepAliveInterval = TimeSpan.Zero });

        foreach (var length in (int[])[5, 70_000, 0])
        {
            var message = new byte[length];
            Array.Fill(message, (byte)'m');
            await visitor.SendAsync(message, WebSocketMessageType.Binary, true, Bounded.Token).Within();
            Assert.Equal(message, await ReceiveAsync(visitor));
        }

        await visitor.CloseAsync(WebSocketCloseStatus.NormalClosure, "", Bounded.Token).Within();

        var sent = await running;
        Assert.Equal(("101 ", ".", "bye"), (sent[0], sent[^1], visitor.CloseStatusDescription));
        Assert.Equal(
            ("websocket", "chat", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            (exchange.Head!.Fields.Find("Upgrade"), exchange.Head.Fields.Find("Sec-WebSocket-Protocol"), exchange.Head.Fields.Find("Sec-WebSocket-Accept")));
        Assert.Null(exchange.Head.Fields.Find("Connection"));
    }

    [Theory]
    [InlineData("websocket")]
    [InlineData("WebSocket")]
    [InlineData("SPDY/3.1")]
    [InlineData("tcp")]
    [InlineData("websocket, other")]
    public async Task Request_AnyProtocol_AsksTheOriginOnce(string protocol)
    {
        await using var stage = OriginStage.Raw(out var origin);
        var exchange = Asking(protocol);
        var running = stage.ForwardAsync(exchange);

        var head = await OriginStage.ReadHeadAsync(origin);
        await origin.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\nfirst"), Bounded.Token);
        var first = new byte[5];
        await _visitor.ReadExactlyAsync(first, Bounded.Token).Within();
        await _visitor.WriteAsync("second"u8.ToArray(), Bounded.Token);
        var second = new byte[6];
        await origin.ReadExactlyAsync(second, Bounded.Token).Within();
        await origin.DisposeAsync();

        Assert.Equal("GET /socket HTTP/1.1", head[0]);
        Assert.Equal(["Connection: Upgrade"], head.Where(static line => line.StartsWith("Connection:", StringComparison.Ordinal)));
        Assert.Equal([$"Upgrade: {protocol}"], head.Where(static line => line.StartsWith("Upgrade:", StringComparison.Ordinal)));
        Assert.Equal(["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="], head.Where(static line => line.StartsWith("Sec-WebSocket-Key:", StringComparison.Ordinal)));
        Assert.Equal(("first", "second"), (Encoding.ASCII.GetString(first), Encoding.ASCII.GetString(second)));
        Assert.Equal(["101 ", "6669727374", "."], await running);
        Assert.Equal(protocol, exchange.Head!.Fields.Find("Upgrade"));
    }

    [Theory]
    [InlineData(200)]
    [InlineData(400)]
    [InlineData(426)]
    public async Task Origin_Refuses_OrdinaryResponse(int status)
    {
        await using var stage = await OriginStage.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync("no", Bounded.Token);
        });

        var sent = await stage.ForwardAsync(Asking("websocket"));

        Assert.Equal($"{status} no.", string.Concat(sent));
    }

    [Fact]
    public async Task Origin_UpgradesWhatDidNotAsk_Failed()
    {
        await using var stage = OriginStage.Raw(out var origin);
        var running = stage.ForwardAsync(new FakeExchange());

        await OriginStage.ReadHeadAsync(origin);
        await origin.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"u8.ToArray(), Bounded.Token);

        Assert.Equal(["failed origin_invalid"], await running);
    }

    [Fact]
    public async Task Visitor_Leaves_OriginIsTold()
    {
        await using var stage = OriginStage.Raw(out var origin);
        var exchange = Asking("websocket");
        var running = stage.ForwardAsync(exchange);
        await OriginStage.ReadHeadAsync(origin);
        await origin.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"u8.ToArray(), Bounded.Token);
        await Bounded.UntilAsync(() => exchange.Head is not null, "a head");

        await exchange.CancelAsync();

        Assert.Equal(0, await origin.ReadAsync(new byte[1], Bounded.Token).Within());
        await running;
    }

    private static async Task<byte[]> ReceiveAsync(WebSocket socket)
    {
        using var message = new MemoryStream();
        var buffer = new byte[10_000];
        ValueWebSocketReceiveResult received;
        do
        {
            received = await socket.ReceiveAsync(buffer.AsMemory(), Bounded.Token).AsTask().Within();
            message.Write(buffer, 0, received.Count);
        }
        while (!received.EndOfMessage);
        return message.ToArray();
    }

    private FakeExchange Asking(string protocol) => new(
        "GET",
        "/socket",
        "",
        new Field("Host", "abc123.example.com"),
        new Field("Upgrade", protocol),
        new Field("Sec-WebSocket-Version", "13"),
        new Field("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        new Field("Sec-WebSocket-Protocol", "chat"))
    {
        Upgraded = _tunnel,
    };
}
