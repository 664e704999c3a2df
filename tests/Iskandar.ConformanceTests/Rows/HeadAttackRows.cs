using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>Request lines and Host fields that are wrong.</summary>
public sealed class HeadAttackRows(Laboratory laboratory) : Section<HeadAttackRows>(laboratory), IRows
{
    private const string Last = "GET /last HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n";

    public static string Title => "Request lines and Host fields that are wrong";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Sent("No Host", "GET /attack HTTP/1.1\r\n\r\n"),
        Sent(
            "No Host, HTTP/1.0",
            "GET /attack HTTP/1.0\r\n\r\n",
            differs: "421 `host_not_served`, closed; the app sees nothing",
            because: "Without a host nobody can say which tunnel is meant."),
        Sent("Two equal Host fields", "GET /attack HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n"),
        Sent("Two different Host fields", "GET /attack HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n\r\n"),
        Sent(
            "Host, empty",
            "GET /attack HTTP/1.1\r\nHost:\r\n\r\n",
            differs: "421 `host_not_served`, 200, closed; the app sees `/last`",
            because: "As above."),
        Sent("Host with a path", "GET /attack HTTP/1.1\r\nHost: {host}/evil\r\n\r\n"),
        Sent("Host with a user", "GET /attack HTTP/1.1\r\nHost: evil@{host}\r\n\r\n"),
        Sent("Host with white space before the colon", "GET /attack HTTP/1.1\r\nHost : {host}\r\n\r\n"),
        Sent("An absolute target of another host than Host", "GET http://evil.example/attack HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        Sent("An absolute target with the right host, and a wrong Host", "GET http://{host}/attack HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
        Sent(
            "An absolute target with a user",
            "GET http://evil@{host}/attack HTTP/1.1\r\nHost: {host}\r\n\r\n",
            differs: "200, 200, closed; the app sees `/attack`, `/last`",
            because: "Targets are sent on in origin form."),
        Sent("Two blanks before the target", "GET  /attack HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        Sent("A blank in the target", "GET /attack evil HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        Sent("A tab in the request line", "GET\t/attack\tHTTP/1.1\r\nHost: {host}\r\n\r\n"),
        Sent("A target without a slash", "GET attack HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        Sent("A byte beyond ASCII in the target", "GET /attack\u00e9 HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        Sent("A zero byte in the target", "GET /attack\0 HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        Sent("A fragment in the target", "GET /attack#x HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        Sent("HTTP/0.9", "GET /attack\r\n"),
        Sent("HTTP/1.2", "GET /attack HTTP/1.2\r\nHost: {host}\r\n\r\n"),
        Sent("HTTP/2.0 as text", "GET /attack HTTP/2.0\r\nHost: {host}\r\n\r\n"),
        Sent("http/1.1 in lower case", "GET /attack http/1.1\r\nHost: {host}\r\n\r\n"),
        Sent("A bare LF after the request line", "GET /attack HTTP/1.1\nHost: {host}\r\n\r\n"),
        Sent("Bare LFs only", "GET /attack HTTP/1.1\nHost: {host}\n\n"),
        Sent("A method with a colon", "GE:T /attack HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        Sent("TLS to a port that speaks HTTP", "\u0016\u0003\u0001\u0000\u00a5\u0001\u0000\u0000\u00a1\u0003\u0003"),
        Sent(
            "1,100 fields",
            $"GET /attack HTTP/1.1\r\nHost: {{host}}\r\n{string.Concat(Enumerable.Range(0, 1100).Select(static number => $"X-{number}: 1\r\n"))}\r\n"),
        Sent("A target of 100 kB", $"GET /{new string('t', 100_000)} HTTP/1.1\r\nHost: {{host}}\r\n\r\n"),
        Sent(
            "An upgrade to h2c",
            "GET /attack HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n"),
    ];

    private static Row Sent(string behaviour, string request, string? differs = null, string? because = null) => new(
        behaviour,
        (target, token) => RawConversation.TryAsync(target, request + Last, null, token),
        differs,
        because);
}
