using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>Statuses, and how content is framed. Each connection has to be in step afterwards.</summary>
public sealed class StatusRows(Laboratory laboratory) : Section<StatusRows>(laboratory), IRows
{
    public static string Title => "Statuses and framing of responses";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Answered("200, sized", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
        Answered("200, sized, empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        Answered("200, chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n"),
        Answered(
            "200, chunked, empty",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            differs: "200, length 0",
            because: "The same content; where its end comes with the head, the length is known."),
        Answered("200, chunked, with chunk extensions", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=\"b\"\r\nhi\r\n0;c\r\n\r\n"),
        new(
            "200 that ends with the connection",
            static async (target, _) => (await Visit.ToAsync(target, Visit.Get("/"), static async exchange =>
            {
                await exchange.SendAsync("HTTP/1.1 200 OK\r\n\r\nhi");
                exchange.Close();
            })).Answer(),
            differs: "200, chunked, `hi`",
            because: "The same content with a better end: a visitor can tell it from one that broke off, and keeps its connection."),
        new(
            "200 to HTTP/1.0 that ends with the connection",
            static async (target, _) => (await Visit.ToAsync(target, "GET / HTTP/1.0\r\nHost: {host}\r\n\r\n", static async exchange =>
            {
                await exchange.SendAsync("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi");
                exchange.Close();
            })).Answer()),
        Answered("201 with Location", "HTTP/1.1 201 Created\r\nLocation: /made\r\nContent-Length: 0\r\n\r\n", "Location"),
        Answered("204", "HTTP/1.1 204 No Content\r\nETag: \"e\"\r\n\r\n", "ETag"),
        Answered("205", "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"),
        Answered(
            "206 with Content-Range",
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 1-2/4\r\nContent-Length: 2\r\n\r\nbc",
            "Content-Range"),
        Answered("302 isn't followed", "HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n", "Location"),
        Answered("304", "HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\n\r\n", "ETag"),
        Answered("304 with the length that 200 would have", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
        Answered(
            "401 with a challenge",
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"a\"\r\nContent-Length: 0\r\n\r\n",
            "WWW-Authenticate"),
        Answered("404 with content", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone"),
        Answered(
            "416 with Content-Range",
            "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */4\r\nContent-Length: 0\r\n\r\n",
            "Content-Range"),
        Answered("418", "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 3\r\n\r\ntea"),
        Answered("502 of the app's own", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\nmine"),
        Answered(
            "503 of the app's own, with Retry-After",
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
            "Retry-After"),
        Answered("599", "HTTP/1.1 599 Own\r\nContent-Length: 0\r\n\r\n"),
        Answered("HEAD, sized", "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n", method: "HEAD"),
        Answered(
            "HEAD, chunked",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            method: "HEAD",
            differs: "200",
            because: "Transfer-Encoding is the matter of one hop, and RFC 9112 section 6.1 lets it be left out here."),
        Answered("HEAD, 404", "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n", method: "HEAD"),
        new(
            "A reason phrase of the app's own",
            static async (target, _) =>
            {
                target.ByteOrigin.Play("HTTP/1.1 200 Quite Fine\r\nContent-Length: 0\r\n\r\n");
                await using var visitor = await target.Bytes.ConnectAsync();
                await visitor.SendRequestAsync("GET", "/", target.Bytes.Host);
                return $"`{await Texts.LineAsync(visitor)}`";
            },
            differs: "`HTTP/1.1 200 OK`",
            because: "Reason phrases mean nothing (RFC 9112 section 4), HTTP/2 has none, and they don't cross the tunnel."),
    ];

    /// <summary>What the visitor gets, and whether the connection can be used again.</summary>
    private static Row Answered(
        string behaviour, string answer, string? field = null, string method = "GET", string? differs = null, string? because = null) => new(
        behaviour,
        async (target, _) =>
        {
            target.ByteOrigin.Play(answer);
            await using var visitor = await target.Bytes.ConnectAsync();
            await visitor.SendRequestAsync(method, "/", target.Bytes.Host);
            var (_, response) = await Visit.ReadAsync(visitor, method == "HEAD");
            target.ByteOrigin.Play(static exchange => exchange.SendTextAsync("next"));
            await visitor.SendRequestAsync("GET", "/", target.Bytes.Host);
            var next = await visitor.ReadResponseAsync();
            Assert.Equal((200, "next"), (next.Status, Texts.Latin(next.Body)));
            return Say.Response(response!) + (field is null ? "" : $", `{field}: {response!.Head[field]}`");
        },
        differs,
        because);
}
