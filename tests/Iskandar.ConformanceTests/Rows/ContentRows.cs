using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>Content of requests, from visitor to app.</summary>
public sealed class ContentRows(Laboratory laboratory) : Section<ContentRows>(laboratory), IRows
{
    private const string Left = "the app sees the connection end early";

    private static readonly string AllBytes = string.Concat(Enumerable.Range(0, 256).Select(static value => (char)value));

    public static string Title => "Content of requests";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Uploaded("Sized, with the length declared", "Content-Length: 5\r\n\r\nhello"),
        Uploaded("Sized, empty", "Content-Length: 0\r\n\r\n"),
        Uploaded(
            "POST with neither length nor chunks",
            "\r\n",
            "the app sees `Content-Length: 0`",
            "The same request: no content. RFC 9110 section 8.6 wants it said with POST."),
        Uploaded("Chunked", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        Uploaded("Chunked in chunks of one byte", "Transfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ne\r\n1\r\ny\r\n0\r\n\r\n"),
        Uploaded("Chunked, empty", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Uploaded("Chunk sizes in capitals and with zeros in front", $"Transfer-Encoding: chunked\r\n\r\n000A\r\n0123456789\r\n0\r\n\r\n"),
        Uploaded("GET with content", "Content-Length: 5\r\n\r\nhello", method: "GET"),
        Uploaded("DELETE with content", "Content-Length: 5\r\n\r\nhello", method: "DELETE"),
        Uploaded("Bytes 00 to FF", "Content-Length: 256\r\n\r\n" + AllBytes),
        new("1 MiB, sized", static (target, _) => MegabyteAsync(target, $"Content-Length: {1 << 20}\r\n\r\n", static piece => piece, "")),
        new("1 MiB, chunked", static (target, _) => MegabyteAsync(target, "Transfer-Encoding: chunked\r\n\r\n", static piece => $"{piece.Length:x}\r\n{piece}\r\n", "0\r\n\r\n")),
        new("The app reads content before the visitor has sent all of it", StreamedAsync),
        new("An upload that pauses for a while goes on", PausedAsync),
        new(
            "The app answers before it has read the content, which then goes on",
            AnsweredEarlyAsync,
            differs: "200, length 5, `early`; the app never gets the rest",
            because: "With the end of the answer the exchange is over: an upload that is answered isn't carried any further."),
        new("The app answers while content comes: both go on", BothWaysAsync),
        new("The visitor breaks off amid a sized upload", static (target, _) => BrokenOffAsync(target, "Content-Length: 100\r\n\r\nhello")),
        new("The visitor breaks off amid a chunked upload", static (target, _) => BrokenOffAsync(target, "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")),
    ];

    private static Row Uploaded(string behaviour, string rest, string? differs = null, string? because = null, string method = "POST") => new(
        behaviour,
        async (target, _) =>
        {
            var content = "";
            var visit = await Visit.ToAsync(target, $"{method} / HTTP/1.1\r\nHost: {{host}}\r\n{rest}", async exchange =>
            {
                content = await exchange.ReadContentAsync();
                await exchange.SendTextAsync("taken");
            });
            var shown = content == AllBytes ? " and all of them" : content.Length == 0 ? "" : $" and `{content}`";
            return visit.AppFields("Content-Length", "Transfer-Encoding") + shown;
        },
        differs,
        because);

    private static async Task<string> MegabyteAsync(Target target, string framing, Func<string, string> frame, string end)
    {
        var piece = new string('p', 64 * 1024);
        var content = "";
        var request = $"POST / HTTP/1.1\r\nHost: {{host}}\r\n{framing}{string.Concat(Enumerable.Repeat(frame(piece), 16))}{end}";
        var visit = await Visit.ToAsync(target, request, async exchange =>
        {
            content = await exchange.ReadContentAsync();
            await exchange.SendTextAsync("taken");
        });
        return $"{visit.AppFields("Content-Length", "Transfer-Encoding")} and {content.Length} bytes; {visit.Answer()}";
    }

    private static async Task<string> StreamedAsync(Target target, CancellationToken token)
    {
        var seen = new Gate();
        target.ByteOrigin.Play(async exchange =>
        {
            var first = await exchange.ReadAsync(5);
            seen.Open();
            var second = await exchange.ReadAsync(5);
            await exchange.SendTextAsync(first + second);
        });
        await using var visitor = await target.Bytes.ConnectAsync();
        await visitor.SendAsync($"POST / HTTP/1.1\r\nHost: {target.Bytes.Host}\r\nContent-Length: 10\r\n\r\nfirst");
        await seen.PassAsync("the first half at the app");
        await visitor.SendAsync("again");
        return Say.Response(await visitor.ReadResponseAsync());
    }

    private static async Task<string> PausedAsync(Target target, CancellationToken token)
    {
        target.ByteOrigin.Play(static async exchange => await exchange.SendTextAsync(await exchange.ReadContentAsync()));
        await using var visitor = await target.Bytes.ConnectAsync();
        await visitor.SendAsync($"POST / HTTP/1.1\r\nHost: {target.Bytes.Host}\r\nContent-Length: 10\r\n\r\nfirst");
        await Silence.KeepAsync(token);
        await visitor.SendAsync("again");
        return Say.Response(await visitor.ReadResponseAsync());
    }

    private static async Task<string> AnsweredEarlyAsync(Target target, CancellationToken token)
    {
        var rest = new Gate();
        var read = "";
        target.ByteOrigin.Play(async exchange =>
        {
            await exchange.SendTextAsync("early");
            read = await exchange.ReadContentAsync();
            rest.Open();
        });
        await using var visitor = await target.Bytes.ConnectAsync();
        await visitor.SendAsync($"POST / HTTP/1.1\r\nHost: {target.Bytes.Host}\r\nContent-Length: 10\r\n\r\nfirst");
        var answer = Say.Response(await visitor.ReadResponseAsync());
        await visitor.SendAsync("again");
        return await rest.OpensWithinAsync(TimeSpan.FromSeconds(1), token) ? $"{answer}; the app reads `{read}`" : $"{answer}; the app never gets the rest";
    }

    private static async Task<string> BothWaysAsync(Target target, CancellationToken token)
    {
        target.ByteOrigin.Play(static async exchange =>
        {
            await exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
            for (var number = 0; number < 3; number++)
            {
                await exchange.SendAsync(await exchange.ReadAsync(2));
            }
        });
        await using var visitor = await target.Bytes.ConnectAsync();
        await visitor.SendAsync($"POST / HTTP/1.1\r\nHost: {target.Bytes.Host}\r\nContent-Length: 6\r\n\r\nab");
        var head = await visitor.ReadHeadAsync();
        var echoed = Texts.Latin(await visitor.ReadExactlyAsync(2));
        await visitor.SendAsync("cd");
        echoed += "-" + Texts.Latin(await visitor.ReadExactlyAsync(2));
        await visitor.SendAsync("ef");
        echoed += "-" + Texts.Latin(await visitor.ReadExactlyAsync(2));
        return $"{head.Status}, `{echoed}`";
    }

    private static async Task<string> BrokenOffAsync(Target target, string begun)
    {
        var outcome = new TaskCompletionSource<string>();
        var arrived = new Gate();
        target.ByteOrigin.Play(async exchange =>
        {
            arrived.Open();
            try
            {
                outcome.TrySetResult($"the app takes `{await exchange.ReadContentAsync()}` for complete");
            }
            catch (Exception fault) when (fault is IOException or EndOfStreamException)
            {
                outcome.TrySetResult(Left);
                exchange.Close();
            }
        });
        await using (var visitor = await target.Bytes.ConnectAsync())
        {
            await visitor.SendAsync($"POST / HTTP/1.1\r\nHost: {target.Bytes.Host}\r\n{begun}");
            await arrived.PassAsync("the request at the app");
            visitor.Reset();
        }

        return await outcome.Task;
    }
}
