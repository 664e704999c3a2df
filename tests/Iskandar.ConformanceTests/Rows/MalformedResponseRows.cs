using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>Answers of an app that are no HTTP, or end too early. Afterwards the next request has to be answered as ever.</summary>
public sealed class MalformedResponseRows(Laboratory laboratory) : Section<MalformedResponseRows>(laboratory), IRows
{
    private const string NoHttp = "What isn't HTTP is not passed on.";
    private const string BreaksOff = "No answer that could be passed on.";
    private const string Failed = "502 `origin_failed`";
    private const string Invalid = "502 `origin_invalid`";
    private const string Garbage = "What follows the content belongs to no response; it is dropped, with the connection that it came on.";

    public static string Title => "Responses that are malformed or cut off";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Answered("Nothing, and the connection ends", "", differs: Failed, because: BreaksOff),
        Answered("Another protocol", "220 mail.example ESMTP\r\n", differs: Invalid, because: NoHttp),
        Answered("HTTP/0.9", "<p>hi</p>", differs: Invalid, because: NoHttp),
        Answered("HTTP/2.0 as text", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", differs: Invalid, because: NoHttp),
        Answered("A status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", differs: Invalid, because: NoHttp),
        Answered("A status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", differs: Invalid, because: NoHttp),
        Answered("A status that is no number", "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n", differs: Invalid, because: NoHttp),
        Answered("Status 099", "HTTP/1.1 099 Own\r\nContent-Length: 0\r\n\r\n", differs: Invalid, because: NoHttp),
        Answered("Status 600", "HTTP/1.1 600 Own\r\nContent-Length: 0\r\n\r\n", differs: Invalid, because: NoHttp),
        Answered(
            "Status 101 that nobody asked for",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
            differs: Invalid,
            because: NoHttp),
        Answered(
            "Two different Content-Lengths",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
            differs: Invalid,
            because: NoHttp),
        Answered(
            "Two equal Content-Lengths",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
            differs: "200, `hi`",
            because: "They agree, and the visitor gets one: RFC 9110 section 8.6."),
        Answered("Content-Length that is no number", "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nhi", differs: Invalid, because: NoHttp),
        Answered("Content-Length below zero", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhi", differs: Invalid, because: NoHttp),
        Answered("Content-Length with a sign", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi", differs: Invalid, because: NoHttp),
        Answered(
            "Transfer-Encoding and Content-Length",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            differs: "200, `hi`",
            because: "The length is dropped: RFC 9112 section 6.3."),
        Answered("Transfer-Encoding that nobody knows", "HTTP/1.1 200 OK\r\nTransfer-Encoding: x\r\n\r\nhi", differs: Invalid, because: NoHttp),
        Answered(
            "Transfer-Encoding: gzip, chunked",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            differs: Invalid,
            because: NoHttp),
        Answered("A field without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 0\r\n\r\n", differs: Invalid, because: NoHttp),
        Answered(
            "A field with white space before the colon",
            "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n",
            differs: "200",
            because: "The white space is dropped: RFC 9112 section 5.1."),
        Answered("A folded field", "HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 0\r\n\r\n", differs: Invalid, because: NoHttp),
        Answered("A zero byte in a value", "HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n", differs: Invalid, because: NoHttp),
        Answered(
            "A bare CR in a value",
            "HTTP/1.1 200 OK\r\nX-A: a\rContent-Length: 9\r\nContent-Length: 0\r\n\r\n",
            differs: Invalid,
            because: NoHttp),
        Answered(
            "Bare LFs only",
            "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
            differs: "200, `hi`",
            because: "RFC 9112 section 2.2 lets a lone LF end a line; the visitor gets CRLF."),
        Answered("A head without end", "HTTP/1.1 200 OK\r\nContent-Le", differs: Failed, because: BreaksOff),
        Answered(
            "A head of 100 kB",
            $"HTTP/1.1 200 OK\r\nX-A: {new string('v', 100_000)}\r\nContent-Length: 0\r\n\r\n",
            differs: "502 `response_head_too_large`",
            because: "The fields of a head have 64 KiB together, unless configured."),
        Answered(
            "1,100 fields",
            $"HTTP/1.1 200 OK\r\n{string.Concat(Enumerable.Range(0, 1100).Select(static number => $"X-{number}: 1\r\n"))}Content-Length: 0\r\n\r\n",
            differs: "502 `response_head_too_large`",
            because: "A head has 1,000 fields at most."),
        Answered(
            "More content than Content-Length says",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi, and garbage",
            differs: "200, `hi`",
            because: Garbage),
        Answered(
            "Another response after the response",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
            differs: "200, `hi`",
            because: Garbage),
        Answered(
            "Content with 204",
            "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
            differs: "204",
            because: Garbage),
        Answered("Content with 304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil", differs: "304", because: Garbage),
        CutOff("Sized content, cut off", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun"),
        CutOff("Chunked content, cut off after a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n"),
        CutOff("Chunked content, cut off within a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nbegun"),
        CutOff(
            "Chunked content that goes on with garbage",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n",
            "this is no chunk\r\n"),
    ];

    private static Row Answered(string behaviour, string answer, string? differs = null, string? because = null) => new(
        behaviour,
        async (target, _) =>
        {
            target.ByteOrigin.Play(async exchange =>
            {
                await exchange.SendAsync(answer);
                exchange.Close();
            });
            await using var visitor = await target.Bytes.ConnectAsync();
            await visitor.SendRequestAsync("GET", "/", target.Bytes.Host, "Connection: close");
            var received = await Texts.RestAsync(visitor);
            var outcome = received == answer ? "as the app sends it" : WireResponse.Describe(received);
            await StillServesAsync(target);
            return outcome;
        },
        differs,
        because);

    /// <summary>The connection ends, or goes wrong, after the visitor has seen the beginning of the content.</summary>
    private static Row CutOff(string behaviour, string answer, string rest = "") => new(
        behaviour,
        async (target, _) =>
        {
            var seen = new Gate();
            target.ByteOrigin.Play(async exchange =>
            {
                await exchange.SendAsync(answer);
                await seen.PassAsync("the visitor's receipt");
                await exchange.SendAsync(rest);
                exchange.Close();
            });
            await using var visitor = await target.Bytes.ConnectAsync();
            await visitor.SendRequestAsync("GET", "/", target.Bytes.Host);
            var head = await visitor.ReadHeadAsync();
            if (head["Transfer-Encoding"] is not null)
            {
                await Texts.LineAsync(visitor);
            }

            var begun = Texts.Latin(await visitor.ReadExactlyAsync(5));
            seen.Open();
            var end = await Texts.RestAsync(visitor);
            await StillServesAsync(target);
            return end.EndsWith("0\r\n\r\n", StringComparison.Ordinal)
                ? $"{head.Status}, `{begun}`, and a good end"
                : $"{head.Status}, `{begun}`, then the connection ends without the content's end";
        });

    private static async Task StillServesAsync(Target target)
    {
        for (var number = 0; number < 2; number++)
        {
            var visit = await Visit.ToAsync(target, Visit.Get("/"), static exchange => exchange.SendTextAsync("next"));
            Assert.Equal("200, length 4, `next`", visit.Answer());
        }
    }
}
