using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary;

/// <summary>The two ends that these tests play, with each other: what they do, and what they notice.</summary>
public class PeersTests
{
    [Fact]
    public async Task Exchange_WithContentAndTrailersBothWays_Arrives()
    {
        await using var peers = await Peers.StartAsync();
        var outgoing = await peers.Server.OpenAsync("POST", "/in?a", end: false, fields: [("host", "a.example"), ("x-a", "caf\u00e9")]);
        var incoming = await peers.Client.NextStreamAsync();
        var up = RandomNumberGenerator.GetBytes(1_000_000);
        var down = RandomNumberGenerator.GetBytes(1_000_000);

        await incoming.RespondAsync(103, fields: ("link", "</a.css>"));
        await incoming.RespondAsync(200, fields: ("content-type", "text/plain"));
        var sendings = Task.WhenAll(outgoing.SendDataAsync(up, end: true), incoming.SendDataAsync(down));
        var readings = (Up: incoming.ReadToEndAsync(), Down: outgoing.ReadResponseAsync());
        await sendings;
        await incoming.SendAsync(Frame.Trailers(incoming.Id, ("x-sum", "1")));

        var response = await readings.Down;
        Assert.Equal(("POST", "/in?a", "caf\u00e9", 1u), (incoming.Request.Method, incoming.Request.Target, incoming.Request["X-A"], incoming.Id));
        Assert.Equal((200, "text/plain", "1"), (response.Status, response["content-type"], response.Trailers?["x-sum"]));
        Assert.Equal(SHA256.HashData(up), SHA256.HashData(await readings.Up));
        Assert.Equal(SHA256.HashData(down), SHA256.HashData(response.Body));
    }

    [Fact]
    public async Task Sender_WithoutCredit_Waits()
    {
        await using var peers = await Peers.StartAsync();
        var outgoing = await peers.Server.OpenAsync("POST", "/", end: false);
        var incoming = await peers.Client.NextStreamAsync();

        var sending = outgoing.SendDataAsync(new byte[Numbers.Window + 10]);
        await incoming.ReadAsync(Numbers.Window);
        await peers.Server.PingAsync();
        Assert.False(sending.IsCompleted);
        Assert.Equal(Numbers.Window, incoming.Received);
        await incoming.CreditAsync(10);

        await sending;
        Assert.Equal(10, (await incoming.ReadAsync(10)).Length);
    }

    [Fact]
    public async Task Reset_EndsReadingAndSending()
    {
        await using var peers = await Peers.StartAsync();
        var outgoing = await peers.Server.OpenAsync("POST", "/", end: false);
        var incoming = await peers.Client.NextStreamAsync();
        var sending = outgoing.SendDataAsync(new byte[Numbers.Window + 10]);

        await incoming.ResetAsync(ErrorCode.OriginFailed);

        Assert.Equal(ErrorCode.OriginFailed, await outgoing.Reset.WithinAsync("RESET"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => sending);
        Assert.Equal(ErrorCode.OriginFailed, (await Assert.ThrowsAsync<StreamResetException>(outgoing.ReadResponseAsync)).Code);
    }

    [Fact]
    public async Task WebSocket_OverAnUpgradedExchange_Echoes()
    {
        await using var peers = await Peers.StartAsync();
        var outgoing = await peers.Server.OpenAsync("GET", "/", end: false, upgrade: true, fields: ("upgrade", "websocket"));
        var incoming = await peers.Client.NextStreamAsync();
        Assert.True(incoming.IsUpgrade);
        await incoming.RespondAsync(101);
        Assert.Equal(101, (await outgoing.ReadHeadAsync()).Status);
        using var app = WebSocketEcho.Over(new UpgradedStream(incoming), isServer: true);
        using var visitor = WebSocketEcho.Over(new UpgradedStream(outgoing), isServer: false);

        var echoing = WebSocketEcho.RunAsync(app);
        await WebSocketEcho.VisitAsync(visitor);

        await echoing;
    }

    [Fact]
    public async Task GoAwayAndClose_AreNoticed()
    {
        await using var peers = await Peers.StartAsync();

        await peers.Client.SendAsync(Frame.GoAway(0, ErrorCode.TunnelClosing, "closing"));
        await peers.Client.CloseAsync();

        Assert.Equal(new GoAway(0, ErrorCode.TunnelClosing, "closing"), await peers.Server.GoAwayAsync());
        await peers.Server.Ended.WithinAsync("the close frame");
        Assert.Equal(WebSocketCloseStatus.NormalClosure, peers.Server.CloseStatus);
    }

    [Theory]
    [InlineData("DATA before the head")]
    [InlineData("DATA after the end")]
    [InlineData("DATA after RESET")]
    [InlineData("DATA beyond the credit")]
    [InlineData("a second head")]
    [InlineData("101 without UPGRADE")]
    [InlineData("END on an informational head")]
    [InlineData("no credit")]
    [InlineData("too much credit")]
    [InlineData("an unknown stream")]
    [InlineData("stream 0")]
    [InlineData("REQUEST from a client")]
    [InlineData("an unknown flag")]
    public async Task Violation_OfTheClient_IsNoticed(string kind)
    {
        await using var peers = await Peers.StartAsync(mayViolate: true);
        var outgoing = await peers.Server.OpenAsync("GET", "/");
        var id = outgoing.Id;
        var piece = Frame.Data(id, new byte[Numbers.LongestData]);

        await peers.Client.SendAsync(kind switch
        {
            "DATA before the head" => [Frame.Data(id, "x")],
            "DATA after the end" => [Frame.Response(id, 200, end: true), Frame.Data(id, "x")],
            "DATA after RESET" => [Frame.Response(id, 200), Frame.Reset(id, ErrorCode.OriginFailed), Frame.Data(id, "x")],
            "DATA beyond the credit" => [Frame.Response(id, 200), piece, piece, piece, piece, Frame.Data(id, "x")],
            "a second head" => [Frame.Response(id, 200), Frame.Response(id, 200)],
            "101 without UPGRADE" => [Frame.Response(id, 101)],
            "END on an informational head" => [Frame.Response(id, 103, end: true)],
            "no credit" => [Frame.Credit(id, 0)],
            "too much credit" => [Frame.Credit(id, Numbers.MostCredit)],
            "an unknown stream" => [Frame.Response(id + 1, 200)],
            "stream 0" => [Frame.Response(0, 200)],
            "REQUEST from a client" => [Frame.Request(id + 1, "GET", "/")],
            _ => [Frame.Response(id, 200) with { Flags = 0x02 }],
        });

        await peers.Server.Ended.WithinAsync("the end");
        Assert.NotNull(peers.Server.Violation);
    }

    [Theory]
    [InlineData("a stream that isn't new")]
    [InlineData("a lower stream")]
    [InlineData("RESPONSE from a server")]
    [InlineData("DATA after END")]
    public async Task Violation_OfTheServer_IsNoticed(string kind)
    {
        await using var peers = await Peers.StartAsync();
        await peers.Server.OpenAsync("GET", "/", id: 5);

        await peers.Server.SendAsync(kind switch
        {
            "a stream that isn't new" => Frame.Request(5, "GET", "/"),
            "a lower stream" => Frame.Request(4, "GET", "/"),
            "RESPONSE from a server" => Frame.Response(5, 200),
            _ => Frame.Data(5, "x"),
        });

        await peers.Client.Ended.WithinAsync("the end");
        Assert.NotNull(peers.Client.Violation);
    }

    /// <summary>Both ends, on a WebSocket between them.</summary>
    private sealed class Peers : IAsyncDisposable
    {
        private readonly BinaryServer _listener;
        private readonly ClientWebSocket _webSocket;
        private readonly bool _mayViolate;
        private readonly Task _reading;

        private Peers(BinaryServer listener, BinaryConnection server, ClientWebSocket webSocket, bool mayViolate)
        {
            _listener = listener;
            _webSocket = webSocket;
            _mayViolate = mayViolate;
            Server = server;
            Client = new BinaryConnection(new FrameSocket(webSocket), isClient: true);
            _reading = Client.RunAsync(null, CancellationToken.None);
        }

        public BinaryConnection Server { get; }

        public BinaryConnection Client { get; }

        public static async Task<Peers> StartAsync(bool mayViolate = false)
        {
            var listener = await BinaryServer.StartAsync();
            var webSocket = new ClientWebSocket();
            webSocket.Options.AddSubProtocol(Numbers.Subprotocol);
            await webSocket.ConnectAsync(new Uri($"ws://localhost:{listener.Url.Port}/tunnel/connect"), Bounded.Token());
            var registration = await new FrameSocket(webSocket).ReceiveAsync(WebSocketMessageType.Text, Bounded.Token());
            Assert.StartsWith("{", Encoding.UTF8.GetString(registration ?? []), StringComparison.Ordinal);
            return new Peers(listener, await listener.AcceptAsync(), webSocket, mayViolate);
        }

        public async ValueTask DisposeAsync()
        {
            _webSocket.Abort();
            await _reading;
            _webSocket.Dispose();
            var fault = await Record.ExceptionAsync(() => _listener.DisposeAsync().AsTask());
            Assert.Equal(_mayViolate, fault is not null);
        }
    }
}
