using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>WebSockets, byte by byte, and other changes of protocol.</summary>
public sealed class UpgradeRows(Laboratory laboratory) : Section<UpgradeRows>(laboratory), IRows
{
    private const string Accepted =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

    private static readonly string[] Asking =
    [
        "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];

    public static string Title => "WebSockets and other upgrades, byte by byte";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        new("The app sees the handshake", static async (target, _) => (await AskAsync(target, "Sec-WebSocket-Protocol: a, b", "Sec-WebSocket-Extensions: permessage-deflate"))
            .AppFields("Connection", "Upgrade", "Sec-WebSocket-Version", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions")),
        new("The visitor sees the answer, subprotocol and extensions", static async (target, _) => (await AskAsync(target))
            .AnswerFields("Connection", "Upgrade", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions")),
        Refused("The app refuses with 403", "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"),
        Refused("The app refuses with 426", "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 8\r\nContent-Length: 0\r\n\r\n"),
        Refused("The app doesn't know of upgrades", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain"),
        Echoed("A text message", "\u0081\u0082\u0001\u0002\u0003\u0004ik"),
        Echoed("Fragments stay fragments", "\u0001\u0081\0\0\0\0a\u0000\u0081\0\0\0\0b\u0080\u0081\0\0\0\0c"),
        Echoed("Ping and pong are left to the ends", "\u0089\u0083\0\0\0\0abc\u008a\u0080\0\0\0\0"),
        Echoed("A close frame with code 4321 and a reason", "\u0088\u0085\0\0\0\0\u0010\u00e1bye"),
        Echoed("Reserved bits and opcodes, as an extension might set them", "\u00f3\u0081\0\0\0\0a"),
        Echoed("Bytes that are no frames at all", string.Concat(Enumerable.Range(0, 256).Select(static value => (char)value))),
        Echoed("1 MiB", new string('m', 1 << 20)),
        new("Bytes that come with the handshake", TogetherAsync),
        new("The app speaks first", static async (target, _) =>
        {
            target.ByteOrigin.Play(static exchange => exchange.SendAsync(Accepted + "\r\nfirst"));
            await using var visitor = await UpgradeAsync(target);
            return $"`{Texts.Latin(await visitor.ReadExactlyAsync(5))}`";
        }),
        new("The app ends the connection", static async (target, _) =>
        {
            target.ByteOrigin.Play(static async exchange =>
            {
                await exchange.SendAsync(Accepted + "\r\nlast");
                exchange.Close();
            });
            await using var visitor = await UpgradeAsync(target);
            return $"the visitor gets `{await Texts.RestAsync(visitor)}`, then the end";
        }),
        new("The visitor ends the connection without a close frame", VisitorEndsAsync),
        new(
            "The app half-closes, and still reads",
            AppHalfClosesAsync,
            differs: "the app's end is the end of both",
            because: "Kestrel can't close one direction alone."),
        new("Silence between messages", static async (target, token) =>
        {
            target.ByteOrigin.Play(EchoAsync);
            await using var visitor = await UpgradeAsync(target);
            await Silence.KeepAsync(token);
            await visitor.SendAsync("still there");
            return $"`{Texts.Latin(await visitor.ReadExactlyAsync(11))}`";
        }),
        Other(
            "Upgrade: h2c",
            "the app sees none of it",
            "HTTP/2 in clear that nobody looked into could hide requests: never passed on.",
            "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"),
        Other("Upgrade: TLS/1.0", "the app sees none of it", "As below."),
        Other("Upgrade: own-protocol", "the app sees none of it", "Protocols cross that are on the server's list (`--upgrades`), by default WebSockets."),
    ];

    private static Task<Visit> AskAsync(Target target, params string[] more) => Visit.ToAsync(
        target, Visit.Get("/", [.. Asking, .. more]), exchange => exchange.SendAsync(Accepted + "Sec-WebSocket-Protocol: b\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"));

    private static async Task<RawVisitor> UpgradeAsync(Target target, string together = "")
    {
        var visitor = await target.Bytes.ConnectAsync();
        await visitor.SendAsync(Visit.Get("/", Asking).Replace("{host}", target.Bytes.Host, StringComparison.Ordinal) + together);
        Assert.Equal(101, (await visitor.ReadHeadAsync()).Status);
        return visitor;
    }

    private static async Task EchoAsync(ByteExchange exchange)
    {
        await exchange.SendAsync(Accepted + "\r\n");
        while (true)
        {
            await exchange.SendAsync(await exchange.ReadSomeAsync());
        }
    }

    private static Row Refused(string behaviour, string answer) => new(behaviour, async (target, _) =>
    {
        var visit = await Visit.ToAsync(target, Visit.Get("/", Asking), answer);
        return visit.Answer();
    });

    private static Row Echoed(string behaviour, string bytes) => new(behaviour, async (target, _) =>
    {
        target.ByteOrigin.Play(EchoAsync);
        await using var visitor = await UpgradeAsync(target);
        var sending = visitor.SendAsync(bytes);
        var echo = Texts.Latin(await visitor.ReadExactlyAsync(bytes.Length));
        await sending;
        return echo == bytes ? "the same bytes at the app, and back at the visitor" : "other bytes";
    });

    private static Row Other(string behaviour, string differs, string because, params string[] more) => new(
        behaviour,
        async (target, _) => (await Visit.ToAsync(target, Visit.Get("/", [behaviour, $"Connection: Upgrade{(more.Length > 0 ? ", HTTP2-Settings" : "")}", .. more])))
            .AppFields("Upgrade", "Connection", "HTTP2-Settings"),
        differs,
        because);

    private static async Task<string> TogetherAsync(Target target, CancellationToken token)
    {
        target.ByteOrigin.Play(EchoAsync);
        await using var visitor = await UpgradeAsync(target, "early");
        return $"`{Texts.Latin(await visitor.ReadExactlyAsync(5))}`";
    }

    private static async Task<string> VisitorEndsAsync(Target target, CancellationToken token)
    {
        var got = new Gate();
        var noticed = new Gate();
        target.ByteOrigin.Play(async exchange =>
        {
            await exchange.SendAsync(Accepted + "\r\n");
            if (await exchange.ReadAsync(4) == "last")
            {
                got.Open();
            }

            if (await exchange.IsLeftAsync())
            {
                noticed.Open();
            }

            exchange.Close();
        });
        await using (var visitor = await UpgradeAsync(target))
        {
            await visitor.SendAsync("last");
        }

        await got.PassAsync("the visitor's last message at the app");
        return await noticed.OpensWithinAsync(TimeSpan.FromSeconds(2), token)
            ? "the app gets `last`, then the end"
            : "the app gets `last`, the end some seconds later";
    }

    private static async Task<string> AppHalfClosesAsync(Target target, CancellationToken token)
    {
        var got = new TaskCompletionSource<string>();
        target.ByteOrigin.Play(async exchange =>
        {
            await exchange.SendAsync(Accepted + "\r\nover");
            exchange.Close();
            try
            {
                got.TrySetResult(await exchange.ReadAsync(4));
            }
            catch (IOException)
            {
                got.TrySetResult("");
            }
        });
        await using var visitor = await UpgradeAsync(target);
        var received = await Texts.RestAsync(visitor);
        try
        {
            await visitor.SendAsync("more");
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The other direction has gone with the first.
        }

        visitor.EndSending();
        return await got.Task == "more" ? $"the visitor gets `{received}`, the app `more`" : "the app's end is the end of both";
    }
}
