using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>
/// Requests that two servers might read differently. Each is followed by a good one on the same connection; the outcome says what was answered and
/// which requests the app got. A request hidden within another's content must never be one of them.
/// </summary>
public sealed class AttackRows(Laboratory laboratory) : Section<AttackRows>(laboratory), IRows
{
    private const string Controls = "RFC 9110 section 5.5: no control character is valid in a value, and Iskandar doesn't carry it.";
    private const string Invalid = "400 `request_invalid`, closed; the app sees nothing else";
    private const string Refused = "400 `request_invalid`, closed; the app sees nothing";
    private const string Readable = "Chunks are taken off, once, and nothing else: what stayed on, the app would take for the content.";
    private const string SaidSo = "The same, and it says that it was Iskandar who refused it.";
    private const string Hidden = "/hidden";
    private const string Last = "GET /last HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n";

    public static string Title => "Framing that is ambiguous or wrong, of requests";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Attack(
            "Content-Length, then Transfer-Encoding",
            "Content-Length: 4\r\nTransfer-Encoding: chunked",
            $"0\r\n\r\nGET {Hidden} HTTP/1.1\r\nHost: {{host}}\r\n\r\n"),
        Attack("Transfer-Encoding, then Content-Length", "Transfer-Encoding: chunked\r\nContent-Length: 4", "2\r\nhi\r\n0\r\n\r\n"),
        Attack(
            "Transfer-Encoding and a Content-Length that hides a request",
            $"Transfer-Encoding: chunked\r\nContent-Length: {HiddenContent.Length + 5}",
            "0\r\n\r\n" + HiddenContent),
        Attack("Two equal Content-Lengths", "Content-Length: 2\r\nContent-Length: 2", "hi"),
        Attack("Two different Content-Lengths", $"Content-Length: 2\r\nContent-Length: {HiddenContent.Length + 2}", "hi" + HiddenContent),
        Attack("Content-Length with a list", "Content-Length: 2, 2", "hi"),
        Attack("Content-Length with a sign", "Content-Length: +2", "hi"),
        Attack("Content-Length in hexadecimal", "Content-Length: 0x2", "hi"),
        Attack("Content-Length below zero", "Content-Length: -1", ""),
        Attack("Content-Length beyond 64 bits", "Content-Length: 18446744073709551618", "hi"),
        Attack("Content-Length, empty", "Content-Length:", ""),
        Attack("Content-Length that is not a number", "Content-Length: two", "hi"),
        Attack("Content-Length with white space before the colon", "Content-Length : 2", "hi"),
        Attack("Transfer-Encoding with white space before the colon", "Transfer-Encoding : chunked\r\nContent-Length: 5", "0\r\n\r\n"),
        Attack("Transfer-Encoding: xchunked", "Transfer-Encoding: xchunked", "0\r\n\r\n"),
        Attack("Transfer-Encoding: chunked, identity", "Transfer-Encoding: chunked, identity", "0\r\n\r\n"),
        Attack("Transfer-Encoding: identity, with Content-Length", "Transfer-Encoding: identity\r\nContent-Length: 2", "hi"),
        Attack("Transfer-Encoding: gzip, chunked", "Transfer-Encoding: gzip, chunked", "0\r\n\r\n", differs: Refused, because: Readable),
        Attack("Transfer-Encoding: chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n", differs: Refused, because: Readable),
        Attack("Transfer-Encoding in two lines, the last one not chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x", "0\r\n\r\n"),
        Attack("Transfer-Encoding with a vertical tab before chunked", "Transfer-Encoding: \u000bchunked", "0\r\n\r\n"),
        Attack("Transfer-Encoding: CHUNKED", "Transfer-Encoding: CHUNKED", "0\r\n\r\n"),
        Attack("Transfer-Encoding in HTTP/1.0", "Transfer-Encoding: chunked\r\nConnection: keep-alive", "0\r\n\r\n", version: "1.0"),
        Attack("Transfer_Encoding with an underscore", "Transfer_Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"),
        Attack("A folded field", "X-A: a\r\n b\r\nContent-Length: 0", ""),
        Attack("A folded Transfer-Encoding", "Transfer-Encoding:\r\n chunked\r\nContent-Length: 5", "0\r\n\r\n"),
        Attack("A field line that begins with white space, the first one", " X-A: a\r\nContent-Length: 0", "", first: true),
        Attack("A bare LF after a field", "X-A: a\nContent-Length: 0", ""),
        Attack("A bare LF that hides a field", "X-A: a\nTransfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"),
        Attack("A bare CR in a value", "X-A: a\rb\r\nContent-Length: 0", ""),
        Attack("A zero byte in a value", "X-A: a\0b\r\nContent-Length: 0", ""),
        Attack("A zero byte in a name", "X\0A: a\r\nContent-Length: 0", ""),
        Attack(
            "A control character in a value",
            "X-A: a\u0001b\r\nContent-Length: 0",
            "",
            differs: Refused,
            because: Controls),
        Attack(
            "DEL in a value",
            "X-A: a\u007fb\r\nContent-Length: 0",
            "",
            differs: Refused,
            because: Controls),
        Attack("White space within a name", "X A: a\r\nContent-Length: 0", ""),
        Attack("A byte beyond ASCII in a name", "X-\u00e9: a\r\nContent-Length: 0", ""),
        Attack("A line without a colon", "nonsense\r\nContent-Length: 0", ""),
        Attack("A line that begins with a colon", ": a\r\nContent-Length: 0", ""),
        Attack("A chunk extension", "Transfer-Encoding: chunked", "2;a=b\r\nhi\r\n0\r\n\r\n"),
        Attack(
            "A chunk extension with a bare LF",
            "Transfer-Encoding: chunked",
            $"2;a\nhi\r\n0\r\n\r\n",
            isWithin: true,
            differs: Invalid,
            because: SaidSo),
        Attack(
            "A chunk size that is no number",
            "Transfer-Encoding: chunked",
            "zz\r\nhi\r\n0\r\n\r\n",
            isWithin: true,
            differs: Invalid,
            because: SaidSo),
        Attack(
            "A chunk size with a prefix",
            "Transfer-Encoding: chunked",
            "0x2\r\nhi\r\n0\r\n\r\n",
            isWithin: true,
            differs: Invalid,
            because: SaidSo),
        Attack("A chunk size below zero", "Transfer-Encoding: chunked", "-1\r\nhi\r\n0\r\n\r\n", isWithin: true, differs: Invalid, because: SaidSo),
        Attack(
            "A chunk size beyond 64 bits",
            "Transfer-Encoding: chunked",
            "10000000000000002\r\nhi\r\n0\r\n\r\n",
            differs: "closed; the app sees nothing else",
            because: "The gateway takes it for a visitor who leaves; ASP.NET Core's own answer is an accident.",
            isWithin: true),
        Attack("A chunk size, empty", "Transfer-Encoding: chunked", "\r\nhi\r\n0\r\n\r\n", isWithin: true, differs: Invalid, because: SaidSo),
        Attack("Chunks that end with a bare LF", "Transfer-Encoding: chunked", "2\nhi\n0\n\n", isWithin: true, differs: Invalid, because: SaidSo),
        Attack(
            "A chunk that is longer than its size",
            "Transfer-Encoding: chunked",
            "2\r\nhello\r\n0\r\n\r\n",
            isWithin: true,
            differs: Invalid,
            because: SaidSo),
        Attack("A trailer that says Content-Length", "Transfer-Encoding: chunked", "2\r\nhi\r\n0\r\nContent-Length: 9\r\n\r\n"),
        Attack("Content that is a request", $"Content-Length: {HiddenContent.Length}", HiddenContent),
    ];

    private static string HiddenContent => $"GET {Hidden} HTTP/1.1\r\nX: 1\r\n\r\n";

    // isWithin: what is wrong comes in the content, by when the app may have seen the head or not.
    private static Row Attack(
        string behaviour, string fields, string content, string version = "1.1", bool first = false, bool isWithin = false, string? differs = null, string? because = null) => new(
        behaviour,
        (target, token) => RawConversation.TryAsync(
            target,
            $"POST /attack HTTP/{version}\r\n{(first ? $"{fields}\r\nHost: {{host}}" : $"Host: {{host}}\r\n{fields}")}\r\n\r\n{content}{Last}",
            isWithin ? "/attack" : null,
            token),
        differs,
        because);
}
