using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>Request lines, from visitor to app.</summary>
public sealed class TargetRows(Laboratory laboratory) : Section<TargetRows>(laboratory), IRows
{
    private const string ToTheApp = "A visitor's target is the gateway's to take apart: RFC 9112 section 3.2.2 has it sent on in origin form.";

    public static string Title => "Methods and targets";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Line("GET /"),
        Line("GET //"),
        Line("GET //a//b"),
        Line("GET //elsewhere.example/"),
        Line("GET /a/./b/../c"),
        Line("GET /../../a"),
        Line("GET /a%2Fb"),
        Line("GET /a%2e%2e%2fb"),
        Line("GET /%41%7e%7E"),
        Line("GET /a%00b", "400; the app sees nothing", "Kestrel refuses a zero in a path, however it is written; no app wants one."),
        Line("GET /a;b=c,d/$e"),
        Line("GET /a:b@c"),
        Line("GET /?"),
        Line("GET /a?"),
        Line("GET /a?x=1&x=2&y"),
        Line("GET /a?b?c=d//e%2f"),
        Line("GET /a?x=a+b%20c"),
        Line("GET /a?x=[1]|{2}"),
        Line("GET /http://elsewhere.example/"),
        Line("HEAD /"),
        Line("DELETE /a"),
        Line("OPTIONS /a"),
        Line("OPTIONS *"),
        Line("PURGE /a"),
        Line("get /a"),
        Line("M-SEARCH /a"),
        Line("GET {absolute}/a?b=c", differs: "the app sees `GET /a?b=c HTTP/1.1`", because: ToTheApp),
        Line("OPTIONS {absolute}", differs: "the app sees `OPTIONS * HTTP/1.1`", because: "RFC 9112 section 3.2.4: without a path, that is what is meant."),
        Long(4_000),
        Long(8_000),
        new(
            "CONNECT",
            static async (target, _) => (await Visit.ToAsync(target, "CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example:443\r\n\r\n", NotFound)).App(static _ => "the app sees it"),
            differs: "421 `host_not_served`; the app sees nothing",
            because: "A tunnel leads to one app, not to wherever a visitor wants."),
        new(
            "CONNECT with the app's own host",
            static async (target, _) => (await Visit.ToAsync(target, "CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n", NotFound)).App(static _ => "the app sees it"),
            differs: "405 `method_unsupported`; the app sees nothing",
            because: "As above."),
    ];

    private static string NotFound => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    private static Row Line(string line, string? differs = null, string? because = null) => new(
        $"`{line.Replace("{absolute}", "http://{host}", StringComparison.Ordinal)}`",
        async (target, _) =>
        {
            var sent = line.Replace("{absolute}", $"http://{target.Bytes.Host}", StringComparison.Ordinal);
            return (await Visit.ToAsync(target, $"{sent} HTTP/1.1\r\nHost: {{host}}\r\n\r\n")).AppLine();
        },
        differs,
        because);

    private static Row Long(int length) => new(
        $"A target of {length} bytes",
        async (target, _) =>
            (await Visit.ToAsync(target, Visit.Get("/" + new string('t', length - 1)))).App(static head => $"the app sees {head.Split(' ')[1].Length} bytes"));
}
