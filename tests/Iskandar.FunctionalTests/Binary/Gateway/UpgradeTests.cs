using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary.Gateway;

/// <summary>Upgraded connections, from the visitor's wire to the client's.</summary>
public class UpgradeTests(SharedServer shared)
{
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";
    private readonly IskandarServer _server = shared.Server;

    [Fact]
    public async Task WebSocket_MessagesAndClose_GoBothWays()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        using var visitor = new ClientWebSocket();
        visitor.Options.AddSubProtocol("chat");
        var connecting = visitor.ConnectAsync(new Uri($"ws://{client.Host}/echo"), _server.Visitor, Bounded.Token());
        var stream = await client.NextStreamAsync();
        Assert.Equal("chat", stream.Request["sec-websocket-protocol"]);
        await AgreeAsync(stream, ("sec-websocket-protocol", "chat"));
        await connecting;
        Assert.Equal("chat", visitor.SubProtocol);

        using var app = WebSocketEcho.Over(new UpgradedStream(stream), isServer: true);
        var echoing = WebSocketEcho.RunAsync(app);
        await WebSocketEcho.VisitAsync(visitor);
        await echoing;

        await stream.SendDataAsync(default, end: true);
        await IsOverAsync(stream);
        await client.StillServesAsync();
    }

    [Fact]
    public async Task WebSockets_Many_AreServedAtOnce()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var visits = Enumerable.Range(0, 20).Select(async _ =>
        {
            using var visitor = new ClientWebSocket();
            await visitor.ConnectAsync(new Uri($"ws://{client.Host}/echo"), _server.Visitor, Bounded.Token());
            await WebSocketEcho.VisitAsync(visitor);
        }).ToList();
        var echoes = new List<Task>();
        foreach (var _ in visits)
        {
            var stream = await client.NextStreamAsync();
            await AgreeAsync(stream);
            echoes.Add(EchoAsync(stream));
        }

        await Task.WhenAll([.. visits, .. echoes]);
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Request_OfAWebSocket_HasTheFlagAndOneUpgradeLine()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await SendHandshakeAsync(raw, client, "/socket?a=%20");
        var stream = await client.NextStreamAsync();

        Assert.True(stream.IsUpgrade);
        Assert.False(stream.IsEndedAtOnce);
        Assert.Equal(("GET", "/socket?a=%20"), (stream.Request.Method, stream.Request.Target));
        Assert.Equal("websocket", stream.Request["upgrade"], ignoreCase: true);
        Assert.Null(stream.Request["connection"]);
        Assert.Equal((Key, "13"), (stream.Request["sec-websocket-key"], stream.Request["sec-websocket-version"]));
        Assert.Equal("127.0.0.1", stream.Request["x-forwarded-for"]);

        await AgreeAsync(stream, ("x-a", "1"));
        var head = await raw.ReadHeadAsync();
        Assert.Equal(101, head.Status);
        Assert.Equal("websocket", head["Upgrade"], ignoreCase: true);
        Assert.Equal("upgrade", head["Connection"], ignoreCase: true);
        Assert.Equal(("1", WebSocketEcho.Accept(Key)), (head["X-A"], head["Sec-WebSocket-Accept"]));
    }

    [Fact]
    public async Task Bytes_OfTheUpgradedConnection_AreNotTouched()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        var stream = await UpgradeAsync(raw, client);

        // Nothing here is a WebSocket frame: the tunnel carries bytes.
        await stream.SendAsync(Frame.Data(stream.Id, "to the visitor\r\n\r\n"), Frame.Data(stream.Id, ""));
        Assert.Equal("to the visitor\r\n\r\n", Encoding.ASCII.GetString(await raw.ReadExactlyAsync(18)));
        await raw.SendAsync("to the app\0\u00ff");
        Assert.Equal("to the app\0\u00ff", Encoding.Latin1.GetString(await stream.ReadAsync(12)));
        Assert.False(stream.Peer.IsEnded);
    }

    [Fact]
    public async Task Bytes_ManyBothWaysAtOnce_ArriveWhole()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        var stream = await UpgradeAsync(raw, client);
        var up = RandomNumberGenerator.GetBytes(8 * 1024 * 1024);
        var down = RandomNumberGenerator.GetBytes(8 * 1024 * 1024);

        var sendings = Task.WhenAll(raw.SendAsync(up), stream.SendDataAsync(down));
        var downloading = raw.ReadExactlyAsync(down.Length);
        var received = new MemoryStream();
        while (received.Length < up.Length)
        {
            received.Write((await stream.ReadSomeAsync(credit: true)).Span);
        }

        await sendings;
        Assert.Equal(SHA256.HashData(up), SHA256.HashData(received.ToArray()));
        Assert.Equal(SHA256.HashData(down), SHA256.HashData(await downloading));
    }

    [Fact]
    public async Task Visitor_EndsItsDirection_ClientGetsAllThatCameBefore()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        var stream = await UpgradeAsync(raw, client);

        await raw.SendAsync("last words");
        Assert.Equal("last words", Encoding.ASCII.GetString(await stream.ReadAsync(10)));
        raw.EndSending();

        try
        {
            Assert.Empty(await stream.ReadToEndAsync());
        }
        catch (StreamResetException reset)
        {
            Assert.Equal(ErrorCode.Done, reset.Code);
        }

        await client.StillServesAsync();
    }

    [Fact]
    public async Task Client_EndsItsDirection_VisitorGetsAllThatCameBeforeAndTheEnd()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        var stream = await UpgradeAsync(raw, client);

        await stream.SendDataAsync(Encoding.ASCII.GetBytes("last words"), end: true);

        Assert.Equal("last words", Encoding.ASCII.GetString(await raw.ReadExactlyAsync(10)));
        Assert.True(await raw.IsEndedAsync());
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Visitor_Leaves_StreamIsReset()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        var stream = await UpgradeAsync(raw, client);

        raw.Reset();

        await stream.Reset.WithinAsync("RESET", 1);
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Client_Resets_VisitorsConnectionEnds()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        var stream = await UpgradeAsync(raw, client);

        await stream.ResetAsync(ErrorCode.OriginFailed);

        Assert.True(await raw.IsEndedAsync());
        await client.StillServesAsync();
    }

    [Theory]
    [InlineData(200)]
    [InlineData(403)]
    [InlineData(426)]
    public async Task Client_Refuses_ResponseGoesOnAndTheServerEndsItsDirection(int status)
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await SendHandshakeAsync(raw, client, "/socket");
        var stream = await client.NextStreamAsync();

        await stream.AnswerAsync("not here", status, ("content-length", "8"));

        var response = await raw.ReadResponseAsync();
        Assert.Equal((status, "not here", null), (response.Status, Encoding.ASCII.GetString(response.Body), response.Head["Iskandar-Error"]));
        Assert.Empty(await stream.ReadToEndAsync());
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Client_ResetsInsteadOfAnAnswer_VisitorGetsAPage()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await SendHandshakeAsync(raw, client, "/socket");
        var stream = await client.NextStreamAsync();

        await stream.ResetAsync(ErrorCode.OriginUnreachable);

        Expect.Error(await raw.ReadHeadAsync(), 502, "origin_unreachable");
        await client.StillServesAsync();
    }

    private static Task AgreeAsync(BinaryStream stream, params (string Name, string Value)[] fields) => stream.RespondAsync(
        101, fields: [("upgrade", "websocket"), ("sec-websocket-accept", WebSocketEcho.Accept(stream.Request["sec-websocket-key"]!)), .. fields]);

    private static async Task EchoAsync(BinaryStream stream)
    {
        using var app = WebSocketEcho.Over(new UpgradedStream(stream), isServer: true);
        await WebSocketEcho.RunAsync(app);
        await stream.SendDataAsync(default, end: true);
    }

    /// <summary>The visitor's direction has ended: it may close its connection as it likes.</summary>
    private static async Task IsOverAsync(BinaryStream stream)
    {
        try
        {
            Assert.Empty(await stream.ReadToEndAsync());
        }
        catch (StreamResetException reset)
        {
            Assert.Equal(ErrorCode.Done, reset.Code);
        }
    }

    private static Task SendHandshakeAsync(RawVisitor raw, BinaryClient client, string target) => raw.SendRequestAsync(
        "GET", target, client.Host, "Connection: keep-alive, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", $"Sec-WebSocket-Key: {Key}");

    private static async Task<BinaryStream> UpgradeAsync(RawVisitor raw, BinaryClient client)
    {
        await SendHandshakeAsync(raw, client, "/socket");
        var stream = await client.NextStreamAsync();
        await AgreeAsync(stream);
        Assert.Equal(101, (await raw.ReadHeadAsync()).Status);
        return stream;
    }
}
