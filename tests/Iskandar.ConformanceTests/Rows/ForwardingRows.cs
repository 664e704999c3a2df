using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>The fields that say that there is something in between: the only ones that tell.</summary>
public sealed class ForwardingRows(Laboratory laboratory) : Section<ForwardingRows>(laboratory), IRows
{
    private const string Truth = "The truth about where the request came from; what a visitor says about it isn't believed.";
    private const string Dropped = "What a visitor says about it isn't believed.";
    private const string Via = "RFC 9110 section 7.6.3: a gateway says that it was there (`--via`).";

    public static string Title => "Forwarding";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Fields("X-Forwarded-For", "the app sees `X-Forwarded-For: 127.0.0.1`", Truth),
        Fields("X-Forwarded-Proto", "the app sees `X-Forwarded-Proto: http`", Truth),
        Fields("X-Forwarded-Host", "the app sees `X-Forwarded-Host: {host}`", Truth),
        Fields(
            "X-Forwarded-For, spoofed",
            "the app sees `X-Forwarded-For: 127.0.0.1`",
            Truth,
            "X-Forwarded-For: 6.6.6.6",
            "X-Forwarded-For: 7.7.7.7"),
        Fields("X-Forwarded-Proto, spoofed", "the app sees `X-Forwarded-Proto: http`", Truth, "X-Forwarded-Proto: https"),
        Fields("X-Forwarded-Host, spoofed", "the app sees `X-Forwarded-Host: {host}`", Truth, "X-Forwarded-Host: evil.example"),
        Fields("X-Forwarded-Prefix, spoofed", "the app sees none of it", Dropped, "X-Forwarded-Prefix: /x"),
        Fields("X-Original-URL, spoofed", "the app sees none of it", Dropped, "X-Original-URL: /admin"),
        Fields("Forwarded, spoofed", "the app sees none of it", Dropped, "Forwarded: for=6.6.6.6;host=evil.example"),
        Fields("Iskandar-Error, spoofed", "the app sees none of it", "Iskandar's own.", "Iskandar-Error: tunnel_lost"),
        new("X-Real-IP, CF-Connecting-IP and others that Iskandar doesn't know", static async (target, _) =>
            (await Visit.ToAsync(target, Visit.Get("/", "X-Real-IP: 6.6.6.6", "CF-Connecting-IP: 6.6.6.6"))).AppFields("X-Real-IP", "CF-Connecting-IP")),
        Fields("Via", "the app sees `Via: 1.1 iskandar`", Via),
        Fields("Via, behind another", "the app sees `Via: 1.0 before`, `Via: 1.1 iskandar`", Via, "Via: 1.0 before"),
        new("Via in a response", static async (target, _) =>
            (await Visit.GetAsync(target, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")).AnswerFields("Via")),
        new(
            "Host",
            static async (target, _) =>
            {
                var visit = await Visit.ToAsync(target, Visit.Get("/"));
                return HeadText.All(visit.Heads[0], "Host") is [var host] && host == target.Bytes.Origin ? "the app sees its own authority" : "the app sees another";
            }),
        new("Nothing else is added to a request", static async (target, _) =>
        {
            var visit = await Visit.ToAsync(target, Visit.Get("/"));
            var names = visit.Heads[0].Split("\r\n").Skip(1).Select(static line => line.Split(':')[0])
                .Where(static name => !name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) && name != "Via").Order(StringComparer.OrdinalIgnoreCase);
            return $"the app sees {string.Join(", ", names)}";
        }),
        new(
            "Nothing is added to a response",
            static async (target, _) =>
            {
                var visit = await Visit.GetAsync(target, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                return $"the visitor sees {string.Join(", ", visit.Response!.Head.Fields.Select(static field => field.Key).Order(StringComparer.OrdinalIgnoreCase))}";
            },
            differs: "the visitor sees Content-Length, Date",
            because: "RFC 9110 section 6.6.1 has a recipient add the Date that a response lacks."),
    ];

    private static Row Fields(string behaviour, string differs, string because, params string[] sent) => new(
        behaviour,
        async (target, _) => (await Visit.ToAsync(target, Visit.Get("/", sent))).AppFields(behaviour.Split(',')[0]),
        differs,
        because);
}
