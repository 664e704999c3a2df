using System.Diagnostics;
using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>Responses that come bit by bit, and those that take their time.</summary>
public sealed class StreamingRows(Laboratory laboratory) : Section<StreamingRows>(laboratory), IRows
{
    private const int Events = 21;

    public static string Title => "Streams, server-sent events, long polls";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        new("Each server-sent event is at the visitor within 50 ms of the app's write (the median of 21), chunked", static (target, _) => EventsAsync(target, isChunked: true)),
        new(
            "The same, in a response that ends with the connection",
            static (target, _) => EventsAsync(target, isChunked: false)),
        new("The head is at the visitor before there is any content", HeadFirstAsync),
        new("A single byte isn't held back", SingleByteAsync),
        new("Server-sent events survive silence", SilentStreamAsync),
        new("A long poll survives silence before the head", LongPollAsync),
        new("The visitor leaves a stream: the app notices", LeftAsync),
        new("The visitor leaves a long poll: the app notices", LeftPollAsync),
        new("Content-Type: text/event-stream and Cache-Control arrive as they are", static async (target, _) =>
            (await Visit.GetAsync(target, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nContent-Length: 0\r\n\r\n"))
            .AnswerFields("Content-Type", "Cache-Control")),
        new("Last-Event-ID arrives", static async (target, _) =>
            (await Visit.ToAsync(target, Visit.Get("/", "Last-Event-ID: 7", "Accept: text/event-stream"))).AppFields("Last-Event-ID", "Accept")),
    ];

    private static string Head(bool isChunked) =>
        $"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{(isChunked ? "Transfer-Encoding: chunked\r\n" : "")}\r\n";

    private static string Piece(string text, bool isChunked) => isChunked ? $"{text.Length:x}\r\n{text}\r\n" : text;

    private static async Task<string> EventsAsync(Target target, bool isChunked)
    {
        var taken = new SemaphoreSlim(0);
        var written = 0L;
        target.ByteOrigin.Play(async exchange =>
        {
            await exchange.SendAsync(Head(isChunked));
            for (var number = 0; number < Events; number++)
            {
                await taken.WaitAsync(Bounded.Token());
                Interlocked.Exchange(ref written, Stopwatch.GetTimestamp());
                await exchange.SendAsync(Piece($"data: {number:d2}\n\n", isChunked));
            }

            exchange.Close();
        });
        await using var visitor = await target.Bytes.ConnectAsync();
        await visitor.SendRequestAsync("GET", "/", target.Bytes.Host);
        var head = await visitor.ReadHeadAsync();
        var times = new List<TimeSpan>();
        for (var number = 0; number < Events; number++)
        {
            taken.Release();
            var text = "";
            while (!text.Contains($"data: {number:d2}\n\n", StringComparison.Ordinal))
            {
                text += await SomeAsync(visitor);
            }

            times.Add(Stopwatch.GetElapsedTime(Interlocked.Read(ref written)));
        }

        times.Sort();
        return $"{head.Status}, {(times[Events / 2] <= TimeSpan.FromMilliseconds(50) ? "within 50 ms" : "later")}";
    }

    private static async Task<string> HeadFirstAsync(Target target, CancellationToken token)
    {
        var seen = new Gate();
        target.ByteOrigin.Play(async exchange =>
        {
            await exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
            await seen.PassAsync("the head at the visitor");
            await exchange.SendAsync("hi");
        });
        await using var visitor = await target.Bytes.ConnectAsync();
        await visitor.SendRequestAsync("GET", "/", target.Bytes.Host);
        var head = await visitor.ReadHeadAsync();
        seen.Open();
        return Say.Response(await visitor.ReadResponseAsync(head));
    }

    private static async Task<string> SingleByteAsync(Target target, CancellationToken token)
    {
        var seen = new SemaphoreSlim(0);
        target.ByteOrigin.Play(async exchange =>
        {
            await exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
            foreach (var character in "abc")
            {
                await exchange.SendAsync($"{character}");
                await seen.WaitAsync(Bounded.Token());
            }
        });
        await using var visitor = await target.Bytes.ConnectAsync();
        await visitor.SendRequestAsync("GET", "/", target.Bytes.Host);
        await visitor.ReadHeadAsync();
        var text = "";
        while (text.Length < 3)
        {
            text += Texts.Latin(await visitor.ReadExactlyAsync(1));
            seen.Release();
        }

        return $"`{text}`, byte by byte";
    }

    private static async Task<string> SilentStreamAsync(Target target, CancellationToken token)
    {
        target.ByteOrigin.Play(async exchange =>
        {
            await exchange.SendAsync(Head(true) + Piece("data: 1\n\n", true));
            await Silence.KeepAsync(token);
            await exchange.SendAsync(Piece("data: 2\n\n", true) + "0\r\n\r\n");
        });
        await using var visitor = await target.Bytes.ConnectAsync();
        await visitor.SendRequestAsync("GET", "/", target.Bytes.Host);
        return (await visitor.ReadResponseAsync()) is { Status: 200, IsComplete: true, Body.Length: 18 } ? "both events, and a good end" : "cut off";
    }

    private static async Task<string> LongPollAsync(Target target, CancellationToken token)
    {
        target.ByteOrigin.Play(async exchange =>
        {
            await Silence.KeepAsync(token);
            await exchange.SendTextAsync("at last");
        });
        await using var visitor = await target.Bytes.ConnectAsync();
        await visitor.SendRequestAsync("GET", "/", target.Bytes.Host);
        return Say.Response(await visitor.ReadResponseAsync());
    }

    private static async Task<string> LeftAsync(Target target, CancellationToken token)
    {
        var noticed = new Gate();
        target.ByteOrigin.Play(async exchange =>
        {
            await exchange.SendAsync(Head(true) + Piece("data: 1\n\n", true));
            await NoticeAsync(exchange, noticed);
        });
        await using (var visitor = await target.Bytes.ConnectAsync())
        {
            await visitor.SendRequestAsync("GET", "/", target.Bytes.Host);
            await visitor.ReadHeadAsync();
        }

        await noticed.PassAsync("the visitor's leaving at the app");
        return "its connection ends";
    }

    private static async Task<string> LeftPollAsync(Target target, CancellationToken token)
    {
        var arrived = new Gate();
        var noticed = new Gate();
        target.ByteOrigin.Play(async exchange =>
        {
            arrived.Open();
            await NoticeAsync(exchange, noticed);
        });
        await using (var visitor = await target.Bytes.ConnectAsync())
        {
            await visitor.SendRequestAsync("GET", "/", target.Bytes.Host);
            await arrived.PassAsync("the request at the app");
        }

        await noticed.PassAsync("the visitor's leaving at the app");
        return "its connection ends";
    }

    private static async Task NoticeAsync(ByteExchange exchange, Gate noticed)
    {
        if (await exchange.IsLeftAsync())
        {
            noticed.Open();
        }

        exchange.Close();
    }

    private static async Task<string> SomeAsync(RawVisitor visitor)
    {
        var bytes = await visitor.ReadSomeAsync();
        return bytes.IsEmpty ? throw new EndOfStreamException("The stream ended early.") : System.Text.Encoding.Latin1.GetString(bytes.Span);
    }
}
