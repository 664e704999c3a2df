using System.Text;
using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>Ranges and conditions, as ASP.NET Core's files answer them.</summary>
public sealed class ConditionalRows(Laboratory laboratory) : Section<ConditionalRows>(laboratory), IRows
{
    private static readonly DateTimeOffset Changed = new(2001, 2, 3, 4, 5, 6, TimeSpan.Zero);

    public static string Title => "Ranges and conditions, of a file";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        File("GET", []),
        File("HEAD", []),
        File("GET", ["Range: bytes=0-3"]),
        File("GET", ["Range: bytes=-3"]),
        File("GET", ["Range: bytes=7-"]),
        File("HEAD", ["Range: bytes=0-3"]),
        File("GET", ["Range: bytes=10-"]),
        File("GET", ["Range: bytes=0-0,2-3"]),
        File("GET", ["Range: nonsense"]),
        File("GET", ["Range: bytes=0-3", "If-Range: \"v1\""]),
        File("GET", ["Range: bytes=0-3", "If-Range: \"v0\""]),
        File("GET", ["If-None-Match: \"v1\""]),
        File("GET", ["If-None-Match: \"v0\""]),
        File("GET", ["If-None-Match: *"]),
        File("HEAD", ["If-None-Match: \"v1\""]),
        File("GET", ["If-Match: \"v0\""]),
        File("GET", ["If-Match: \"v1\""]),
        File("GET", ["If-Modified-Since: Sat, 03 Feb 2001 04:05:06 GMT"]),
        File("GET", ["If-Modified-Since: Sat, 03 Feb 2001 04:05:05 GMT"]),
        File("GET", ["If-Unmodified-Since: Sat, 03 Feb 2001 04:05:05 GMT"]),
    ];

    private static Row File(string method, string[] fields) => new(
        $"{method}{string.Concat(fields.Select(static field => $", `{field}`"))}",
        async (target, _) =>
        {
            target.Origin.Map("/file", static context => Results.File(
                Encoding.ASCII.GetBytes("0123456789"), "text/plain", lastModified: Changed, entityTag: new EntityTagHeaderValue("\"v1\""), enableRangeProcessing: true)
                .ExecuteAsync(context));
            await using var visitor = await target.App.ConnectAsync();
            await visitor.SendRequestAsync(method, "/file", target.App.Host, fields);
            var response = await visitor.ReadResponseAsync(method == "HEAD");
            var range = response.Head["Content-Range"] is { } value ? $", `{value}`" : "";
            return $"{Say.Response(response)}{range}, {response.Head["ETag"]}";
        });
}
