using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>Statuses, and what follows them on the connection.</summary>
public sealed class StatusRows(Laboratory laboratory) : Section<StatusRows>(laboratory), IRows
{
    public static string Title => "Statuses";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        new("200 with a sized content", static (target, _) => AnsweredAsync(target, "GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")),
        new("HEAD keeps the length that GET would have", static (target, _) => AnsweredAsync(target, "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n")),
    ];

    private static async Task<string> AnsweredAsync(Target target, string method, string answer)
    {
        target.ByteOrigin.Play(answer);
        await using var visitor = await target.Bytes.ConnectAsync();
        await visitor.SendRequestAsync(method, "/", target.Bytes.Host);
        var first = await visitor.ReadResponseAsync(method == "HEAD");
        target.ByteOrigin.Play(static exchange => exchange.SendTextAsync("next"));
        await visitor.SendRequestAsync("GET", "/", target.Bytes.Host);
        var second = await visitor.ReadResponseAsync();
        return $"{Say.Response(first)}; next: {Say.Response(second)}";
    }
}
