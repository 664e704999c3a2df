using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;
using Microsoft.AspNetCore.Http;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>How long connections live on either side, and what runs over one.</summary>
public sealed class ConnectionRows(Laboratory laboratory) : Section<ConnectionRows>(laboratory), IRows
{
    public static string Title => "Connections";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Answers("Three requests in one write are answered in order", "/a", "/b", "/c"),
        new("Twenty requests in one write are answered in order, the slow first one too", PipelinedAsync),
        new("A pipelined request after one with content", static (target, _) => ConverseAsync(
            target, "POST /a HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n\r\nhiGET /b HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")),
        new("A pipelined request after a chunked one", static (target, _) => ConverseAsync(
            target, "POST /a HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")),
        new("`Connection: close` ends it after the answer", static (target, _) => ConverseAsync(
            target, "GET /a HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\nHost: {host}\r\n\r\n")),
        new("HTTP/1.0 ends it after the answer", static (target, _) => ConverseAsync(
            target, "GET /a HTTP/1.0\r\nHost: {host}\r\n\r\nGET /b HTTP/1.0\r\nHost: {host}\r\n\r\n")),
        new("HTTP/1.0 with `Connection: keep-alive`", static (target, _) => ConverseAsync(
            target, "GET /a HTTP/1.0\r\nHost: {host}\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\nHost: {host}\r\n\r\n")),
        new("HTTP/1.0 never gets chunks", static async (target, _) =>
        {
            target.Origin.Map("/flushed", static async context =>
            {
                await context.Response.WriteAsync("a", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await context.Response.WriteAsync("b", context.RequestAborted);
            });
            await using var visitor = await target.App.ConnectAsync();
            await visitor.SendAsync($"GET /flushed HTTP/1.0\r\nHost: {target.App.Host}\r\n\r\n");
            return Say.Response(await visitor.ReadResponseAsync());
        }),
        new("Empty lines before a request", static (target, _) => ConverseAsync(
            target, "\r\n\r\nGET /a HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")),
        new(
            "A visitor that has sent its request and half-closes gets its answer",
            HalfClosedAsync,
            differs: "no answer",
            because: "To Kestrel a visitor who half-closes has left, and the app's work is cancelled."),
        new("The app closes its kept-alive connection between requests: GET, twenty times", static (target, _) => ClosedBetweenAsync(target, "GET")),
        new("The app closes its kept-alive connection between requests: POST, twenty times", static (target, _) => ClosedBetweenAsync(target, "POST")),
        new(
            "The app closes its connection when the next GET has come on it",
            static (target, _) => ClosedAsTheNextComesAsync(target, "GET"),
            differs: "200, 200 from a second try",
            because: "Without anything between, it is the visitor who has to try again (RFC 9110 section 9.2.2)."),
        new(
            "The app closes its connection when the next POST has come on it",
            static (target, _) => ClosedAsTheNextComesAsync(target, "POST"),
            differs: "200, 502 `origin_failed`",
            because: "It may have done something already: a POST isn't sent twice, and the visitor is told."),
        new("`Connection: close` of the app is its own matter", static async (target, _) =>
        {
            target.ByteOrigin.Play(static async exchange =>
            {
                await exchange.SendAsync("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                exchange.Close();
            });
            await using var visitor = await target.Bytes.ConnectAsync();
            await visitor.SendRequestAsync("GET", "/", target.Bytes.Host);
            var head = await visitor.ReadHeadAsync();
            return head["Connection"] == "close" ? "the visitor's connection closes too" : "the visitor's connection stays";
        }, differs: "the visitor's connection stays", because: "Connections are each hop's own."),
    ];

    private static Row Answers(string behaviour, params string[] targets) => new(behaviour, (target, _) => ConverseAsync(
        target, string.Concat(targets.Select(path => $"GET {path} HTTP/1.1\r\nHost: {{host}}\r\n{(path == targets[^1] ? "Connection: close\r\n" : "")}\r\n"))));

    /// <summary>Sends everything at once and says what was answered until the connection ended.</summary>
    private static async Task<string> ConverseAsync(Target target, string requests)
    {
        target.Origin.Fallback = static async context =>
        {
            var length = 0;
            var buffer = new byte[1024];
            while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) is > 0 and var count)
            {
                length += count;
            }

            var answer = $"{context.Request.Path.Value![1..]}{length}";
            context.Response.ContentLength = answer.Length;
            await context.Response.WriteAsync(answer, context.RequestAborted);
        };
        await using var visitor = await target.App.ConnectAsync();
        await visitor.SendAsync(requests.Replace("{host}", target.App.Host, StringComparison.Ordinal));
        var answers = new List<string>();
        while (await Visit.ReadAsync(visitor) is { Response: { } response })
        {
            answers.Add($"{response.Status} `{Texts.Latin(response.Body)}`");
        }

        return string.Join(", ", answers.Append("closed"));
    }

    private static async Task<string> PipelinedAsync(Target target, CancellationToken token)
    {
        var first = new Gate();
        target.Origin.Fallback = async context =>
        {
            var path = context.Request.Path.Value!;
            if (path == "/0")
            {
                await first.PassAsync("the time to answer");
            }

            await context.Response.WriteAsync(path, context.RequestAborted);
        };
        await using var visitor = await target.App.ConnectAsync();
        await visitor.SendAsync(string.Concat(Enumerable.Range(0, 20).Select(number => $"GET /{number} HTTP/1.1\r\nHost: {target.App.Host}\r\n\r\n")));
        first.Open();
        for (var number = 0; number < 20; number++)
        {
            if (Texts.Latin((await visitor.ReadResponseAsync()).Body) != $"/{number}")
            {
                return $"answer {number} isn't in order";
            }
        }

        return "in order";
    }

    private static async Task<string> HalfClosedAsync(Target target, CancellationToken token)
    {
        var left = new Gate();
        target.ByteOrigin.Play(async exchange =>
        {
            await left.PassAsync("the half-close");
            // Either the app sees it as well, soon, or it doesn't.
            await Task.WhenAny(exchange.IsLeftAsync(), Task.Delay(TimeSpan.FromMilliseconds(500), token));
            await exchange.SendTextAsync("answer");
        });
        await using var visitor = await target.Bytes.ConnectAsync();
        await visitor.SendRequestAsync("GET", "/", target.Bytes.Host);
        visitor.EndSending();
        left.Open();
        return (await Visit.ReadAsync(visitor)).Response is { } response ? Say.Response(response) : "no answer";
    }

    private static async Task<string> ClosedBetweenAsync(Target target, string method)
    {
        target.ByteOrigin.Play(static async exchange =>
        {
            await exchange.SendTextAsync("ok");
            exchange.Close();
        });
        var statuses = new List<int>();
        for (var number = 0; number < 20; number++)
        {
            await using var visitor = await target.Bytes.ConnectAsync();
            await visitor.SendRequestAsync(method, "/", target.Bytes.Host, method == "POST" ? ["Content-Length: 0"] : []);
            statuses.Add((await visitor.ReadResponseAsync()).Status);
        }

        return string.Join(", ", statuses.GroupBy(static status => status).Select(static group => $"{group.Count()} times {group.Key}"));
    }

    private static async Task<string> ClosedAsTheNextComesAsync(Target target, string method)
    {
        var count = 0;
        target.ByteOrigin.Play(async exchange =>
        {
            if (Interlocked.Increment(ref count) == 2)
            {
                exchange.Close();
                return;
            }

            await exchange.SendTextAsync("ok");
        });
        var answers = new List<string>();
        await using var visitor = await target.Bytes.ConnectAsync();
        for (var number = 0; number < 2; number++)
        {
            await visitor.SendRequestAsync(method, "/", target.Bytes.Host, method == "POST" ? ["Content-Length: 0"] : []);
            var (_, response) = await Visit.ReadAsync(visitor);
            answers.Add(response is null ? "the connection ends" : Say.Status(response.Head));
        }

        return string.Join(", ", answers) + (count == 3 ? " from a second try" : "");
    }
}
