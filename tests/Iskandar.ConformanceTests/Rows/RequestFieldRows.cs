using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>Fields of requests, from visitor to app.</summary>
public sealed class RequestFieldRows(Laboratory laboratory) : Section<RequestFieldRows>(laboratory), IRows
{
    private const string HopByHop = "A matter of one hop: RFC 9110 section 7.6.1.";

    public static string Title => "Fields of requests";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Carried("An empty value", ["X-A:"]),
        Carried("White space around a value isn't part of it", ["X-A: \t a b \t"]),
        Carried("Bytes 80 to FF in a value", ["X-A: caf\u00e9 \u0080\u00ff"]),
        Carried("UTF-8 in a value", ["X-A: \u00e2\u0082\u00ac"]),
        Carried("A tab within a value", ["X-A: a\tb"]),
        Carried("Quoted strings, commas, backslashes", ["X-A: \"a, b\"; c=\"d\\\"e\""]),
        Carried("Repeated fields, in order", ["X-A: 1", "X-A: 2", "X-A: 1"]),
        Carried("A name with an underscore", ["x_a: 1"], "x_a"),
        Carried("A name of unusual characters", ["X!#$%&'*+-.^_|~9: 1"], "X!#$%&'*+-.^_|~9"),
        Carried("Cookies in one line", ["Cookie: a=1; b=2"], "Cookie"),
        Carried(
            "Cookies in two lines",
            ["Cookie: a=1", "Cookie: b=2"],
            ["Cookie"],
            "the app sees `Cookie: a=1; b=2`",
            "HTTP/1.1 has one line of cookies (RFC 6265 section 5.4), and RFC 9113 section 8.2.3 says how to join several."),
        Carried("Authorization", ["Authorization: Basic eDp5"], "Authorization"),
        Carried("Accept-Encoding", ["Accept-Encoding: br;q=0.5, gzip"], "Accept-Encoding"),
        Carried("User-Agent", ["User-Agent: test/1 (a; b)"], "User-Agent"),
        Carried("No User-Agent, Accept or Accept-Encoding is added", [], ["User-Agent", "Accept", "Accept-Encoding", "Connection"]),
        Carried("Origin and Referer", ["Origin: https://a.example", "Referer: https://a.example/x"], ["Origin", "Referer"]),
        Carried("traceparent", ["traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"], "traceparent"),
        Carried(
            "If-None-Match and If-Modified-Since",
            ["If-None-Match: W/\"a\", \"b\"", "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT"],
            ["If-None-Match", "If-Modified-Since"]),
        Carried("Range and If-Range", ["Range: bytes=0-0,-1", "If-Range: \"a\""], ["Range", "If-Range"]),
        Carried("Max-Forwards", ["Max-Forwards: 3"], "Max-Forwards"),
        Carried("Priority", ["Priority: u=1, i"], "Priority"),
        Counted("A value of 8,000 bytes", 1, 8_000),
        Counted("A value of 30,000 bytes", 1, 30_000),
        Counted("A value of 60,000 bytes", 1, 60_000),
        Counted(
            "A value of 64 KiB",
            1,
            65_536,
            "431 `request_head_too_large`; the app sees nothing",
            "The fields of a head have 64 KiB together, unless configured."),
        Counted("200 fields", 200, 20),
        Carried(
            "Connection and what it names",
            ["Connection: X-Hop", "X-Hop: 1", "X-A: 2"],
            ["Connection", "X-Hop", "X-A"],
            "the app sees `X-A: 2`",
            HopByHop),
        Carried(
            "Connection can't name Host, Cookie or Authorization away",
            ["Connection: Host, Cookie, Authorization", "Cookie: a=1", "Authorization: Basic eDp5"],
            ["Cookie", "Authorization"]),
        Carried(
            "Keep-Alive and Proxy-Connection",
            ["Keep-Alive: timeout=5", "Proxy-Connection: keep-alive"],
            ["Keep-Alive", "Proxy-Connection"],
            "the app sees none of it",
            HopByHop),
        Carried(
            "Proxy-Authorization",
            ["Proxy-Authorization: Basic eDp5"],
            ["Proxy-Authorization"],
            "the app sees none of it",
            "It is for the gateway that it is sent to, not for the app."),
        Carried("TE: trailers", ["Connection: TE", "TE: trailers"], ["TE"]),
        Carried("TE, anything else", ["Connection: TE", "TE: gzip"], ["TE"], "the app sees none of it", "A matter of one hop: RFC 9110 section 10.1.4."),
    ];

    private static Row Carried(string behaviour, string[] lines, string name = "X-A") => Carried(behaviour, lines, [name]);

    private static Row Carried(string behaviour, string[] lines, string[] names, string? differs = null, string? because = null) =>
        new(behaviour, async (target, _) => Texts.Visible((await Visit.ToAsync(target, Visit.Get("/", lines))).AppFields(names)), differs, because);

    private static Row Counted(string behaviour, int count, int length, string? differs = null, string? because = null) => new(
        behaviour,
        async (target, _) =>
        {
            var lines = Enumerable.Range(1000, count).Select(number => $"X-{number}: {new string('v', length)}");
            var visit = await Visit.ToAsync(target, Visit.Get("/", [.. lines]));
            return visit.Heads is [var head]
                ? $"the app sees {head.Split("\r\n").Count(line => line.StartsWith("X-1", StringComparison.OrdinalIgnoreCase) && line.Length == length + 8)} of {length} bytes"
                : $"{(visit.Response is null ? "the connection ends" : Say.Status(visit.Response.Head))}; the app sees nothing";
        },
        differs,
        because);
}
