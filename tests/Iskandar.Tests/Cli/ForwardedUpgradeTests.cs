using System.Net.WebSockets;
using System.Text;
using Iskandar.Client;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Cli.Http1;
using Iskandar.Tests.Client.Hosting;
using Iskandar.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.Tests.Cli;

/// <summary>Upgraded connections, through the forwarder to an origin.</summary>
public sealed class ForwardedUpgradeTests
{
    private const string Agreed = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

    private readonly DuplexStream _visitor;
    private readonly DuplexStream _tunnel;

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
        Assert.Equal("", await _visitor.HearToEndAsync());
        await _visitor.DisposeAsync();

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

    [Theory]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket, other\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nno colon\r\n\r\n")]
    [InlineData("HTTP/1.0 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")]
    public async Task Origin_AgreesToSomethingElse_Failed(string answer)
    {
        await using var stage = OriginStage.Raw(out var origin);
        var running = stage.ForwardAsync(Asking("websocket"));

        await OriginStage.ReadHeadAsync(origin);
        await origin.SayAsync(answer);

        Assert.Equal(["failed origin_invalid"], await running);
        Assert.Equal("", await origin.HearToEndAsync());
    }

    [Fact]
    public async Task Origin_SaysMoreBefore_PassedOn()
    {
        await using var stage = OriginStage.Raw(out var origin);
        var exchange = Asking("websocket");
        var running = stage.ForwardAsync(exchange);

        await OriginStage.ReadHeadAsync(origin);
        await origin.SayAsync("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + Agreed + "x");
        await origin.DisposeAsync();
        Assert.Equal("x", await _visitor.HearToEndAsync());
        await _visitor.DisposeAsync();

        Assert.Equal(["103 informational Link: </a>", "101 ", "78", "."], await running);
    }

    [Theory]
    [InlineData("https://abc123.example.com", "http://localhost:3000")]
    [InlineData("https://elsewhere.example.com", "https://elsewhere.example.com")]
    public async Task Origin_OfThePage_AsTheAppKnowsIt(string sent, string expected)
    {
        await using var stage = OriginStage.Raw(out var origin);
        var running = stage.ForwardAsync(Asking("websocket", new Field("Origin", sent)));

        var head = await OriginStage.ReadHeadAsync(origin);
        await origin.DisposeAsync();

        Assert.Contains($"Origin: {expected}", head);
        Assert.Contains("Host: localhost:3000", head);
        Assert.Equal(["failed origin_failed"], await running);
    }

    [Fact]
    public async Task Origin_EndsItsDirection_VisitorGoesOn()
    {
        await using var stage = OriginStage.Raw(out var origin);
        var exchange = Asking("websocket");
        var running = await UpgradedAsync(stage, exchange, origin);

        await origin.SayAsync("last words");
        ((DuplexStream)origin).EndSending();
        Assert.Equal("last words", await _visitor.HearToEndAsync());
        await _visitor.SayAsync("more");
        Assert.Equal("more", await origin.HearAsync(4));
        Assert.False(running.IsCompleted);
        _visitor.EndSending();

        Assert.Equal("", await origin.HearToEndAsync());
        Assert.Equal(".", (await running)[^1]);
        Assert.Null(stage.LastFailure);
    }

    [Fact]
    public async Task Visitor_EndsItsDirection_OriginGoesOn()
    {
        await using var stage = OriginStage.Raw(out var origin);
        var exchange = Asking("websocket");
        var running = await UpgradedAsync(stage, exchange, origin);

        await _visitor.SayAsync("last words");
        _visitor.EndSending();
        Assert.Equal("last words", await origin.HearToEndAsync());
        await origin.SayAsync("more");
        Assert.Equal("more", await _visitor.HearAsync(4));
        Assert.False(running.IsCompleted);
        ((DuplexStream)origin).EndSending();

        Assert.Equal("", await _visitor.HearToEndAsync());
        Assert.Equal(["101 ", "6D6F7265", "."], await running);
        Assert.Null(stage.LastFailure);
    }

    [Fact]
    public async Task Bytes_ManyBothWaysAtOnce_TheSame()
    {
        await using var stage = OriginStage.RawMany(out var origins, capacity: 5_000);
        var running = stage.ForwardAsync(Asking("websocket"));
        var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);
        var (there, back) = (Numbers(100_000), Numbers(200_000));

        // The first of them come with the head.
        var sending = Task.WhenAll(_visitor.SayAsync(there), origin.SayAsync(Agreed + back));
        var heard = await Task.WhenAll(origin.HearAsync(there.Length), _visitor.HearAsync(back.Length));
        await sending;
        await origin.DisposeAsync();
        await _visitor.DisposeAsync();

        Assert.Equal([there, back], heard);
        Assert.Equal(".", (await running)[^1]);
    }

    [Fact]
    public async Task Origin_Breaks_VisitorAborted()
    {
        await using var stage = OriginStage.Raw(out var origin);
        var running = await UpgradedAsync(stage, Asking("websocket"), origin);

        ((DuplexStream)origin).Reset();

        Assert.Equal(["101 ", "failed origin_failed"], await running);
        Assert.Equal(OriginFailure.Failed, stage.LastFailure!.Kind);
    }

    [Fact]
    public async Task Origin_BreaksWhileWrittenTo_VisitorAborted()
    {
        await using var stage = OriginStage.RawMany(out var origins, capacity: 1024);
        var running = stage.ForwardAsync(Asking("websocket"));
        var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);
        await origin.SayAsync(Agreed);
        await _visitor.SayAsync(Numbers(10_000));
        await origin.HearAsync(2000);

        ((DuplexStream)origin).Reset();

        Assert.Equal(["101 ", "failed origin_failed"], await running);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Visitor_Leaves_OriginSeesABreak(bool isFull)
    {
        await using var stage = OriginStage.RawMany(out var origins, capacity: 1024);
        var exchange = Asking("websocket");
        var running = stage.ForwardAsync(exchange);
        var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);
        await origin.SayAsync(Agreed);
        await Bounded.UntilAsync(() => exchange.Head is not null, "a head");
        if (isFull)
        {
            await _visitor.SayAsync(Numbers(10_000));
            await origin.HearAsync(1);
        }

        await exchange.CancelAsync();

        await Assert.ThrowsAsync<IOException>(origin.HearToEndAsync);
        Assert.DoesNotContain(".", await running);
        Assert.Null(stage.LastFailure!.Kind);
    }

    [Fact]
    public async Task Visitor_Breaks_OriginSeesABreak()
    {
        await using var stage = OriginStage.Raw(out var origin);
        var running = await UpgradedAsync(stage, Asking("websocket"), origin);

        _visitor.Reset();

        await Assert.ThrowsAsync<IOException>(origin.HearToEndAsync);
        Assert.Equal(["101 ", "failed origin_failed"], await running);
        Assert.Null(stage.LastFailure!.Kind);
    }

    [Fact]
    public async Task Visitor_LeavesAfterTheOriginsEnd_NoBreak()
    {
        await using var stage = OriginStage.Raw(out var origin);
        var exchange = Asking("websocket");
        var running = await UpgradedAsync(stage, exchange, origin);
        ((DuplexStream)origin).EndSending();
        Assert.Equal("", await _visitor.HearToEndAsync());

        await exchange.CancelAsync();

        Assert.Equal("", await origin.HearToEndAsync());
        Assert.Equal(["101 ", "."], await running);
        Assert.Null(stage.LastFailure);
    }

    [Fact]
    public async Task Connection_ClosedUnansweredAfterAnotherRequest_AskedAgainAndNeverUsedAgain()
    {
        await using var stage = OriginStage.RawMany(out var origins);
        var first = stage.ForwardAsync(new FakeExchange());
        var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);
        await origin.SayAsync("HTTP/1.1 204 No Content\r\n\r\n");
        Assert.Equal(["204 ."], await first);

        var upgraded = stage.ForwardAsync(Asking("websocket"));
        await OriginStage.ReadHeadAsync(origin);
        await origin.DisposeAsync();
        origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);
        await origin.SayAsync(Agreed);
        _visitor.EndSending();
        Assert.Equal("", await origin.HearToEndAsync());
        ((DuplexStream)origin).EndSending();
        Assert.Equal(["101 ", "."], await upgraded);

        var last = stage.ForwardAsync(new FakeExchange());
        origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);
        await origin.SayAsync("HTTP/1.1 204 No Content\r\n\r\n");
        Assert.Equal(["204 ."], await last);
    }

    private static string Numbers(int length) => string.Create(length, 0, static (text, _) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = (char)(i % 251);
        }
    });

    private static async Task<Task<IReadOnlyList<string>>> UpgradedAsync(OriginStage stage, FakeExchange exchange, Stream origin)
    {
        var running = stage.ForwardAsync(exchange);
        await OriginStage.ReadHeadAsync(origin);
        await origin.SayAsync(Agreed);
        await Bounded.UntilAsync(() => exchange.Head is not null, "a head");
        return running;
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

    private FakeExchange Asking(string protocol, params Field[] more) => new(
        "GET",
        "/socket",
        "",
        [
            new Field("Host", "abc123.example.com"),
            new Field("Upgrade", protocol),
            new Field("Sec-WebSocket-Version", "13"),
            new Field("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            new Field("Sec-WebSocket-Protocol", "chat"),
            .. more,
        ])
    {
        Upgraded = _tunnel,
    };
}
