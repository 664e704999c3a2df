using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>What the app gets, byte by byte, of requests whose framing is odd: never the visitor's framing, always a good one.</summary>
public sealed class ReencodingRows(Laboratory laboratory) : Section<ReencodingRows>(laboratory), IRows
{
    private const string Anew = "Framing is written anew, never passed on.";
    private const string Refused = "400 `request_invalid`; the app sees nothing";
    private const string Once = "RFC 9112 section 6.1: nobody may chunk twice.";

    public static string Title => "Framing that the app gets";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Framed(
            "Transfer-Encoding and Content-Length",
            "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            "the app sees `Transfer-Encoding: chunked`",
            Anew),
        Framed("Content-Length: +2", "Content-Length: +2\r\n\r\nhi", "the app sees `Content-Length: 2`", Anew),
        Framed("Content-Length: 002", "Content-Length: 002\r\n\r\nhi", "the app sees `Content-Length: 2`", Anew),
        Framed(
            "Transfer-Encoding: CHUNKED",
            "Transfer-Encoding: CHUNKED\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            "the app sees `Transfer-Encoding: chunked`",
            Anew),
        Framed(
            "Transfer-Encoding: chunked, twice",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            Refused,
            Once),
        Framed(
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            Refused,
            "The gateway takes off chunks and no other coding; the app would take what stays on for the content."),
        Framed("Transfer-Encoding in HTTP/1.0", "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", version: "1.0"),
        Chunked("Chunk extensions", "2;a=b\r\nhi\r\n0;c\r\n\r\n", "the app gets chunks `2 hi 0`", Anew),
        Chunked("Chunk sizes with zeros in front", "0002\r\nhi\r\n000\r\n\r\n", "the app gets chunks `2 hi 0`", Anew),
        Version("HTTP/1.0", "GET / HTTP/1.0\r\nHost: {host}\r\n\r\n", "the app sees `GET / HTTP/1.1`", "Versions are each hop's own."),
    ];

    private static Row Framed(string behaviour, string rest, string? differs = null, string? because = null, string version = "1.1") => new(
        behaviour,
        async (target, _) => (await Visit.ToAsync(target, $"POST / HTTP/{version}\r\nHost: {{host}}\r\n{rest}", static async exchange =>
        {
            await exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            exchange.Close();
        })).AppFields("Transfer-Encoding", "Content-Length"),
        differs,
        because);

    private static Row Chunked(string behaviour, string chunks, string? differs = null, string? because = null) => new(
        behaviour,
        async (target, _) =>
        {
            var got = "";
            await Visit.ToAsync(target, $"POST / HTTP/1.1\r\nHost: {{host}}\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}", async exchange =>
            {
                if (exchange.All("Content-Length").Count > 0)
                {
                    got = "none";
                    await exchange.SendTextAsync(await exchange.ReadContentAsync());
                    return;
                }

                while (!got.EndsWith("\r\n\r\n", StringComparison.Ordinal))
                {
                    got += await exchange.ReadAsync(1);
                }

                await exchange.SendTextAsync("taken");
            });
            return $"the app gets chunks `{got.Trim().Replace("\r\n", " ", StringComparison.Ordinal)}`";
        },
        differs,
        because);

    private static Row Version(string behaviour, string request, string? differs = null, string? because = null) => new(
        behaviour,
        async (target, _) => (await Visit.ToAsync(target, request, static async exchange =>
        {
            await exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            exchange.Close();
        })).AppLine(),
        differs,
        because);
}
