using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>Fields of responses, from app to visitor.</summary>
public sealed class ResponseFieldRows(Laboratory laboratory) : Section<ResponseFieldRows>(laboratory), IRows
{
    public static string Title => "Fields of responses";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Carried("An empty value", ["X-A:"]),
        Carried("White space around a value isn't part of it", ["X-A: \t a b \t"]),
        Carried("Bytes 80 to FF in a value", ["X-A: caf\u00e9 \u0080\u00ff"]),
        Carried("UTF-8 in a value", ["X-A: \u00e2\u0082\u00ac"]),
        Carried("A tab within a value", ["X-A: a\tb"]),
        Carried("Quoted strings and commas", ["X-A: \"a, b\"; c=\"d\\\"e\""]),
        Carried(
            "Repeated Set-Cookie, in order",
            ["X-A: 1", "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2; Expires=Thu, 01 Jan 2037 00:00:00 GMT"],
            "Set-Cookie"),
        Carried("A cookie's Domain is left as it is", ["Set-Cookie: a=1; Domain=app.example"], "Set-Cookie"),
        Carried("Repeated fields, in order", ["X-A: 1", "X-A: 2", "X-A: 1"]),
        Kept("Date", "Thu, 01 Jan 1970 00:00:00 GMT"),
        Kept("Server", "app/1"),
        Carried("Content-Encoding", ["Content-Encoding: br"], "Content-Encoding"),
        Carried("Via of the app's own", ["Via: 1.1 cache"], "Via"),
        Carried("Alt-Svc", ["Alt-Svc: h3=\":443\""], "Alt-Svc"),
        Carried("Strict-Transport-Security", ["Strict-Transport-Security: max-age=1"], "Strict-Transport-Security"),
        Located("Location with the authority that the app saw leads back to where the visitor came from", "Location", "http://{app}/a%2fb?c#d"),
        Located("Content-Location, too", "Content-Location", "http://{app}/x"),
        Carried("Location with any other authority is left as it is", ["Location: http://app.example:3000/x"], "Location"),
        Counted("A value of 8,000 bytes", 1, 8_000),
        Counted("A value of 60,000 bytes", 1, 60_000),
        new(
            "A value of 64 KiB",
            static async (target, _) => Count(await Visit.GetAsync(target, Many(1, 65_536))),
            differs: "502 `response_head_too_large`, none",
            because: "The fields of a head have 64 KiB together, unless configured."),
        Counted("200 fields", 200, 20),
        Carried(
            "Connection, Keep-Alive and what Connection names are for one hop only",
            ["Connection: X-Hop, keep-alive", "X-Hop: 1", "Keep-Alive: timeout=9", "Proxy-Connection: keep-alive", "X-A: 2"],
            ["X-Hop", "Keep-Alive", "Proxy-Connection", "X-A"],
            differs: "200, `X-A: 2`",
            because: "A gateway has to drop them: RFC 9110 section 7.6.1."),
        Carried(
            "Iskandar-Error of the app's own",
            ["X-A: 1", "Iskandar-Forged: 1", "Iskandar-Error: tunnel_lost"],
            ["X-A", "Iskandar-Forged", "Iskandar-Error"],
            differs: "200, `X-A: 1`",
            because: "Only Iskandar says what is Iskandar's fault."),
    ];

    private static Row Carried(string behaviour, string[] lines, string name = "X-A") => Carried(behaviour, lines, [name]);

    private static Row Carried(string behaviour, string[] lines, string[] names, string? differs = null, string? because = null) => new(
        behaviour,
        async (target, _) =>
        {
            var visit = await Visit.GetAsync(target, $"HTTP/1.1 200 OK\r\n{Texts.Crlf(lines)}Content-Length: 0\r\n\r\n");
            var values = names.SelectMany(name => visit.Response!.Head.All(name).Select(value => $"`{name}: {value}`"));
            return Texts.Visible(string.Join(", ", values.Prepend($"{visit.Response!.Status}")));
        },
        differs,
        because);

    private static Row Located(string behaviour, string name, string value) => new(
        behaviour,
        async (target, _) =>
        {
            var own = value.Replace("{app}", target.Bytes.Origin, StringComparison.Ordinal);
            var visit = await Visit.GetAsync(target, $"HTTP/1.1 302 Found\r\n{name}: {own}\r\nContent-Length: 0\r\n\r\n");
            return visit.AnswerFields(name);
        });

    /// <summary>A field that a gateway might set itself, to what changes from run to run.</summary>
    private static Row Kept(string name, string value) => new(
        $"{name} of the app's own",
        async (target, _) =>
        {
            var visit = await Visit.GetAsync(target, $"HTTP/1.1 200 OK\r\n{name}: {value}\r\nContent-Length: 0\r\n\r\n");
            return visit.Response!.Head.All(name) is [var only] && only == value ? $"200, `{name}: {value}`" : "another";
        });

    private static Row Counted(string behaviour, int count, int length) =>
        new(behaviour, async (target, _) => Count(await Visit.GetAsync(target, Many(count, length))));

    private static string Many(int count, int length)
    {
        var lines = Enumerable.Range(1000, count).Select(number => $"X-{number}: {new string('v', length)}");
        return $"HTTP/1.1 200 OK\r\n{Texts.Crlf([.. lines])}Content-Length: 0\r\n\r\n";
    }

    private static string Count(Visit visit)
    {
        var values = visit.Response!.Head.Fields.Where(static field => field.Key.StartsWith("X-1", StringComparison.OrdinalIgnoreCase)).ToList();
        return values.Count == 0
            ? $"{Say.Status(visit.Response.Head)}, none"
            : $"{visit.Response.Status}, {values.Count} of {values.Select(static field => field.Value.Length).Distinct().Single()} bytes";
    }
}
