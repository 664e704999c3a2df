using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;
using Microsoft.AspNetCore.Http;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>CONNECT in HTTP/2: WebSockets (RFC 8441) with .NET's client, and what isn't one.</summary>
public sealed class Http2ConnectRows(Laboratory laboratory) : Section<Http2ConnectRows>(laboratory), IRows
{
    // The index of `:status: 200` in HPACK's static table (RFC 7541 appendix A).
    private const byte Ok = 0x88;

    public static string Title => "Visitors over HTTP/2: WebSockets (RFC 8441; .NET's client) and CONNECT";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        new("A text message there and back", static (target, _) => OverAsync(target, static socket => EchoAsync(socket, WebSocketMessageType.Text, "caf\u00e9"u8.ToArray()))),
        new("An empty message", static (target, _) => OverAsync(target, static socket => EchoAsync(socket, WebSocketMessageType.Binary, []))),
        new("1 MiB in one message", static (target, _) => OverAsync(target, static socket => EchoAsync(socket, WebSocketMessageType.Binary, RandomNumberGenerator.GetBytes(1 << 20)))),
        new("The visitor closes with 4321", static (target, _) => OverAsync(target, static async socket =>
        {
            await socket.CloseAsync((WebSocketCloseStatus)4321, "enough", Bounded.Token());
            return $"{(int?)socket.CloseStatus} `{socket.CloseStatusDescription}` comes back";
        })),
        new("The app closes with 4321", static (target, _) => OverAsync(target, static async socket =>
        {
            await socket.SendAsync("close"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Bounded.Token());
            var result = await socket.ReceiveAsync(new byte[16].AsMemory(), Bounded.Token());
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Bounded.Token());
            return $"{result.MessageType}, {(int?)socket.CloseStatus} `{socket.CloseStatusDescription}`";
        })),
        new("The subprotocol that the app chooses", static (target, _) => OverAsync(
            target, static socket => Task.FromResult($"`{socket.SubProtocol}`"), static options => Array.ForEach(["one", "two"], options.AddSubProtocol))),
        new("permessage-deflate between the ends", static (target, _) => OverAsync(
            target,
            static async socket => $"{(socket.HttpResponseHeaders?.ContainsKey("Sec-WebSocket-Extensions") == true ? "agreed" : "not agreed")}, {await EchoAsync(socket, WebSocketMessageType.Text, new byte[1000])}",
            static options => options.DangerousDeflateOptions = new WebSocketDeflateOptions())),
        new("Nothing of HTTP/1.1's handshake is in the answer", static (target, _) => OverAsync(target, static socket => Task.FromResult(
            $"{(int)socket.HttpStatusCode}, {string.Join(", ", ((string[])["Upgrade", "Connection", "Sec-WebSocket-Accept"]).Where(name => socket.HttpResponseHeaders?.ContainsKey(name) == true).DefaultIfEmpty("none"))}"))),
        new("The app breaks off: no close frame", static (target, _) => OverAsync(target, static async socket =>
        {
            await socket.SendAsync("abort"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Bounded.Token());
            var fault = await Assert.ThrowsAnyAsync<WebSocketException>(() => socket.ReceiveAsync(new byte[16].AsMemory(), Bounded.Token()).AsTask());
            return $"{fault.WebSocketErrorCode}";
        })),
        new("The visitor breaks off: the app notices", LeftAsync),
        new("The app refuses with 403", static async (target, _) =>
        {
            target.Http2.App.Map("/websocket", static context => Results.Text("no", statusCode: 403).ExecuteAsync(context));
            return await OpenAsync(target, static _ => Task.FromResult("opened"));
        }),
        new(
            "The app doesn't know of it and answers 200",
            static async (target, _) =>
            {
                target.Http2.App.Map("/websocket", static context => Results.Text("plain").ExecuteAsync(context));
                return await OpenAsync(target, static _ => Task.FromResult("opened"));
            },
            differs: "refused with 501",
            because: "To a CONNECT, any status of success would agree, and the app hasn't; 500 is what Kestrel makes of it."),
        new(
            "An extended CONNECT for another protocol",
            static (target, _) => ConnectAsync(target, (":method", "CONNECT"), (":protocol", "own-protocol"), (":scheme", "http"), (":path", "/connect"), (":authority", target.Http2.Clear.Host)),
            differs: "refused; the app sees nothing",
            because: "Only what `--upgrades` lists may cross."),
        new(
            "A plain CONNECT",
            static (target, _) => ConnectAsync(target, (":method", "CONNECT"), (":authority", target.Http2.Clear.Host)),
            differs: "refused; the app sees nothing",
            because: "The server is no proxy that one could go through to anywhere."),
    ];

    private static Task<string> OverAsync(Target target, Func<ClientWebSocket, Task<string>> visit, Action<ClientWebSocketOptions>? configure = null)
    {
        target.Http2.App.Map("/websocket", ServeAsync);
        return OpenAsync(target, visit, configure);
    }

    private static async Task<string> OpenAsync(Target target, Func<ClientWebSocket, Task<string>> visit, Action<ClientWebSocketOptions>? configure = null)
    {
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.CollectHttpResponseDetails = true;
        configure?.Invoke(socket.Options);
        try
        {
            await socket.ConnectAsync(new Uri($"ws://{target.Http2.Clear.Host}/websocket"), target.Http2.Visitor, Bounded.Token());
        }
        catch (WebSocketException)
        {
            return socket.HttpStatusCode == 0 ? "the server doesn't offer it" : $"refused with {(int)socket.HttpStatusCode}";
        }

        return await visit(socket);
    }

    private static async Task ServeAsync(HttpContext context)
    {
        var offered = context.WebSockets.WebSocketRequestedProtocols;
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = offered.Contains("two") ? "two" : null,
            DangerousEnableCompression = true,
        });
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer.AsMemory(), Bounded.Token());
            if (result.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, socket.CloseStatusDescription, Bounded.Token());
                return;
            }

            switch (Encoding.Latin1.GetString(buffer, 0, Math.Min(result.Count, 5)))
            {
                case "close":
                    await socket.CloseAsync((WebSocketCloseStatus)4321, "enough", Bounded.Token());
                    return;
                case "abort":
                    context.Abort();
                    return;
                default:
                    await socket.SendAsync(buffer.AsMemory(0, result.Count), result.MessageType, result.EndOfMessage, Bounded.Token());
                    break;
            }
        }
    }

    private static async Task<string> EchoAsync(ClientWebSocket socket, WebSocketMessageType type, byte[] message)
    {
        var sending = socket.SendAsync(message.AsMemory(), type, endOfMessage: true, Bounded.Token()).AsTask();
        var echo = new MemoryStream();
        var buffer = new byte[64 * 1024];
        ValueWebSocketReceiveResult result;
        do
        {
            result = await socket.ReceiveAsync(buffer.AsMemory(), Bounded.Token());
            echo.Write(buffer, 0, result.Count);
        }
        while (!result.EndOfMessage);

        await sending;
        return $"{result.MessageType}, {(message.AsSpan().SequenceEqual(echo.ToArray()) ? "the same bytes" : "other bytes")}";
    }

    private static async Task<string> LeftAsync(Target target, CancellationToken token)
    {
        var noticed = new Gate();
        target.Http2.App.Map("/websocket", async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            var left = await Record.ExceptionAsync(async () => await socket.ReceiveAsync(new byte[16].AsMemory(), Bounded.Token()));
            Assert.IsType<WebSocketException>(left);
            noticed.Open();
        });
        var said = await OpenAsync(target, static socket =>
        {
            socket.Abort();
            return Task.FromResult("left");
        });
        if (said == "left")
        {
            await noticed.PassAsync("the visitor's leaving at the app");
            return "its WebSocket ends";
        }

        return said;
    }

    private static async Task<string> ConnectAsync(Target target, params (string Name, string Value)[] head)
    {
        var before = target.Http2.App.Requests.Count;
        await using var visitor = await RawHttp2Visitor.ConnectAsync(target.Http2.Clear.Port);
        await visitor.SendHeadersAsync(1, endStream: false, head);
        var (type, _, payload) = await visitor.ReadAsync(1);
        // nginx says first how large its table is (section 6.3).
        var isAgreed = type == RawHttp2Visitor.Headers && payload.SkipWhile(static value => (value & 0xe0) == 0x20).FirstOrDefault() == Ok;
        var seen = target.Http2.App.Requests.Skip(before).Select(static request => request.Method).ToList();
        return $"{(isAgreed ? "agreed" : "refused")}; the app sees {(seen.Count == 0 ? "nothing" : string.Join(", ", seen))}";
    }
}
