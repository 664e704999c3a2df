using System.Net.Sockets;
using System.Text;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Binary.Cli;

/// <summary>Upgraded connections, from the real client to the origin.</summary>
public class CliUpgradeTests(CliFixture cli) : IClassFixture<CliFixture>
{
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    [Fact]
    public async Task WebSocket_MessagesAndClose_GoBothWays()
    {
        OriginRequest? request = null;
        cli.Origin.Map("/echo", async context =>
        {
            request = OriginRequest.From(context);
            using var app = await context.WebSockets.AcceptWebSocketAsync("chat");
            await WebSocketEcho.RunAsync(app);
        });
        var stream = await OpenAsync("/echo", ("sec-websocket-protocol", "chat"), ("origin", "http://abc.example.com"));

        var head = await stream.ReadHeadAsync();
        Assert.Equal((101, WebSocketEcho.Accept(Key), "chat"), (head.Status, head["sec-websocket-accept"], head["sec-websocket-protocol"]));
        Assert.Null(head["connection"]);
        Assert.Equal(("13", $"http://{request?["Host"]}"), (request?["Sec-WebSocket-Version"], request?["Origin"]));
        using (var visitor = WebSocketEcho.Over(new UpgradedStream(stream), isServer: false))
        {
            await WebSocketEcho.VisitAsync(visitor);
        }

        // The app has closed its connection: its direction ends well.
        Assert.Empty(await stream.ReadToEndAsync());
        await stream.SendDataAsync(default, end: true);
        await cli.StillServesAsync();
    }

    [Fact]
    public async Task WebSockets_Many_AreServedAtOnce()
    {
        cli.Origin.Map("/echo-many", static async context =>
        {
            using var app = await context.WebSockets.AcceptWebSocketAsync();
            await WebSocketEcho.RunAsync(app);
        });

        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            var stream = await OpenAsync("/echo-many");
            Assert.Equal(101, (await stream.ReadHeadAsync()).Status);
            using var visitor = WebSocketEcho.Over(new UpgradedStream(stream), isServer: false);
            await WebSocketEcho.VisitAsync(visitor);
            await stream.SendDataAsync(default, end: true);
        }));
        await cli.StillServesAsync();
    }

    [Fact]
    public async Task Bytes_OfTheUpgradedConnection_AreNotTouched()
    {
        // Nothing behind the 101 is a WebSocket frame: the tunnel carries bytes.
        await using var origin = RawOrigin.Answering(static async stream =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(Agreement() + "first\0\u00ff"), Bounded.Token());
            var received = new byte[6];
            await stream.ReadExactlyAsync(received, Bounded.Token());
            await stream.WriteAsync(received, Bounded.Token());
        });
        await using var client = await IskandarClient.StartAsync(cli.Server.Url, $"127.0.0.1:{origin.Port}");
        var tunnel = await cli.Server.AcceptAsync();
        var stream = await OpenAsync(tunnel, "/raw");

        Assert.Equal(101, (await stream.ReadHeadAsync()).Status);
        Assert.Equal("first\0\u00ff", Encoding.Latin1.GetString(await stream.ReadAsync(7)));
        await stream.SendDataAsync(Encoding.Latin1.GetBytes("\0\u00ff\r\n\r\n"));
        Assert.Equal("\0\u00ff\r\n\r\n", Encoding.Latin1.GetString(await stream.ReadAsync(6)));
        Assert.Empty(await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task Server_EndsItsDirection_OriginGetsAllThatCameBefore()
    {
        var received = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = RawOrigin.Answering(async stream =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(Agreement()), Bounded.Token());
            received.SetResult(await new StreamReader(stream, Encoding.ASCII).ReadToEndAsync(Bounded.Token()));
            await stream.WriteAsync("still heard"u8.ToArray(), Bounded.Token());
        });
        await using var client = await IskandarClient.StartAsync(cli.Server.Url, $"127.0.0.1:{origin.Port}");
        var tunnel = await cli.Server.AcceptAsync();
        var stream = await OpenAsync(tunnel, "/raw");
        Assert.Equal(101, (await stream.ReadHeadAsync()).Status);

        await stream.SendDataAsync(Encoding.ASCII.GetBytes("last words"), end: true);

        Assert.Equal("last words", await received.Task.WithinAsync("the last words"));
        Assert.Equal("still heard", Encoding.ASCII.GetString(await stream.ReadToEndAsync()));
        await tunnel.PingAsync();
    }

    [Fact]
    public async Task Origin_EndsItsDirection_StillGetsWhatComes()
    {
        var received = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = RawOrigin.Answering(async stream =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(Agreement() + "over"), Bounded.Token());
            stream.Socket.Shutdown(SocketShutdown.Send);
            received.SetResult(await new StreamReader(stream, Encoding.ASCII).ReadToEndAsync(Bounded.Token()));
        });
        await using var client = await IskandarClient.StartAsync(cli.Server.Url, $"127.0.0.1:{origin.Port}");
        var tunnel = await cli.Server.AcceptAsync();
        var stream = await OpenAsync(tunnel, "/raw");
        Assert.Equal(101, (await stream.ReadHeadAsync()).Status);
        Assert.Equal("over", Encoding.ASCII.GetString(await stream.ReadToEndAsync()));

        await stream.SendDataAsync(Encoding.ASCII.GetBytes("last words"), end: true);

        Assert.Equal("last words", await received.Task.WithinAsync("the last words"));
        await tunnel.PingAsync();
    }

    [Fact]
    public async Task Server_Resets_OriginSeesABreak()
    {
        var seen = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = RawOrigin.Answering(async stream =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(Agreement()), Bounded.Token());
            seen.SetResult(await Record.ExceptionAsync(async () => await stream.ReadExactlyAsync(new byte[1], Bounded.Token())));
        });
        await using var client = await IskandarClient.StartAsync(cli.Server.Url, $"127.0.0.1:{origin.Port}");
        var tunnel = await cli.Server.AcceptAsync();
        var stream = await OpenAsync(tunnel, "/raw");
        Assert.Equal(101, (await stream.ReadHeadAsync()).Status);

        await stream.ResetAsync(ErrorCode.Done);

        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>((await seen.Task.WithinAsync("the break"))?.InnerException).SocketErrorCode);
    }

    [Fact]
    public async Task Origin_Breaks_StreamIsReset()
    {
        await using var origin = RawOrigin.Answering(static async stream =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(Agreement() + "x"), Bounded.Token());
            await stream.ReadExactlyAsync(new byte[1], Bounded.Token());
            stream.Socket.Close(0);
        });
        await using var client = await IskandarClient.StartAsync(cli.Server.Url, $"127.0.0.1:{origin.Port}");
        var tunnel = await cli.Server.AcceptAsync();
        var stream = await OpenAsync(tunnel, "/raw");
        Assert.Equal(101, (await stream.ReadHeadAsync()).Status);
        await stream.ReadAsync(1);

        await stream.SendDataAsync("x"u8.ToArray());

        Assert.Equal(ErrorCode.OriginFailed, await stream.Reset.WithinAsync("RESET"));
    }

    [Fact]
    public async Task Server_Resets_OriginsConnectionIsAborted()
    {
        var ended = new Gate();
        cli.Origin.Map("/aborted", async context =>
        {
            using var app = await context.WebSockets.AcceptWebSocketAsync();
            _ = await Record.ExceptionAsync(async () => await app.ReceiveAsync(new byte[1].AsMemory(), Bounded.Token()));
            ended.Open();
        });
        var stream = await OpenAsync("/aborted");
        Assert.Equal(101, (await stream.ReadHeadAsync()).Status);

        await stream.ResetAsync(ErrorCode.Done);

        await ended.PassAsync("the end of the origin's connection", 1);
        await cli.StillServesAsync();
    }

    [Theory]
    [InlineData(200)]
    [InlineData(403)]
    public async Task Origin_Refuses_ResponseGoesOn(int status)
    {
        cli.Origin.Map($"/refused-{status}", context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync("not here", context.RequestAborted);
        });
        var stream = await OpenAsync($"/refused-{status}");

        var response = await stream.ReadResponseAsync();
        await stream.SendDataAsync(default, end: true);

        Assert.Equal((status, "not here"), (response.Status, response.Text));
        await cli.StillServesAsync();
    }

    [Fact]
    public async Task Origin_NotThere_IsOriginUnreachable()
    {
        await using var client = await IskandarClient.StartAsync(cli.Server.Url, $"127.0.0.1:{Ports.Free()}");
        var tunnel = await cli.Server.AcceptAsync();

        var stream = await OpenAsync(tunnel, "/");

        Assert.Equal(ErrorCode.OriginUnreachable, await stream.Reset.WithinAsync("RESET"));
    }

    private static string Agreement() =>
        $"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {WebSocketEcho.Accept(Key)}\r\n\r\n";

    private static Task<BinaryStream> OpenAsync(BinaryConnection tunnel, string path, params (string Name, string Value)[] fields) => tunnel.OpenAsync(
        "GET",
        path,
        end: false,
        upgrade: true,
        fields: [("host", "abc.example.com"), ("upgrade", "websocket"), ("sec-websocket-version", "13"), ("sec-websocket-key", Key), .. fields]);

    private Task<BinaryStream> OpenAsync(string path, params (string Name, string Value)[] fields) => OpenAsync(cli.Tunnel, path, fields);
}
