using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>Trailer sections of HTTP/1.1, both ways.</summary>
public sealed class TrailerRows(Laboratory laboratory) : Section<TrailerRows>(laboratory), IRows
{
    public static string Title => "Trailers over HTTP/1.1";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        ToVisitor(
            "Response, to a visitor that says `TE: trailers`",
            ["Connection: TE", "TE: trailers"],
            ["X-Sum: 1"]),
        ToVisitor(
            "Response, two of them, announced by Trailer",
            ["Connection: TE", "TE: trailers"],
            ["X-Sum: 1", "X-Other: 2"]),
        ToVisitor(
            "Response, announced by Trailer, to a visitor that doesn't say so",
            [],
            ["X-Sum: 1"]),
        ToVisitor(
            "Response, fields that mustn't be trailers",
            ["Connection: TE", "TE: trailers"],
            ["Content-Length: 9", "Set-Cookie: a=1"],
            "none, content `hi`",
            "RFC 9110 section 6.5.1: fields that frame, route or authenticate can't come so late."),
        new(
            "Request, chunked, to the app",
            static async (target, _) =>
            {
                var content = "";
                await Visit.ToAsync(target, Texts.Crlf("POST / HTTP/1.1", "Host: {host}", "Trailer: X-Sum", "Transfer-Encoding: chunked", "", "2", "hi", "0", "X-Sum: 1", ""), async exchange =>
                {
                    content = await exchange.ReadContentAsync();
                    await exchange.SendTextAsync("taken");
                });
                return $"the app sees `{content.Replace("\r\n", "` and `", StringComparison.Ordinal)}`";
            }),
    ];

    private static Row ToVisitor(string behaviour, string[] fields, string[] trailers, string? differs = null, string? because = null) => new(
        behaviour,
        async (target, _) =>
        {
            var names = string.Join(", ", trailers.Select(static line => line.Split(':')[0]));
            target.ByteOrigin.Play(
                $"HTTP/1.1 200 OK\r\nTrailer: {names}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n{Texts.Crlf(trailers)}\r\n");
            await using var visitor = await target.Bytes.ConnectAsync();
            await visitor.SendRequestAsync("GET", "/", target.Bytes.Host, fields);
            var head = await visitor.ReadHeadAsync();
            if (head["Transfer-Encoding"] != "chunked")
            {
                return $"none, content `{Texts.Latin((await visitor.ReadResponseAsync(head)).Body)}`";
            }

            var content = "";
            while (Convert.ToInt32(await Texts.LineAsync(visitor), 16) is > 0 and var size)
            {
                content += Texts.Latin(await visitor.ReadExactlyAsync(size));
                await Texts.LineAsync(visitor);
            }

            var found = new List<string>();
            while (await Texts.LineAsync(visitor) is { Length: > 0 } line)
            {
                found.Add($"`{line}`");
            }

            return $"{(found.Count == 0 ? "none" : string.Join(", ", found))}, content `{content}`";
        },
        differs,
        because);
}
