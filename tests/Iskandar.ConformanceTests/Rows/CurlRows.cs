using System.IO.Compression;
using System.Text;
using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>What curl makes of an app written with ASP.NET Core.</summary>
public sealed class CurlRows(Laboratory laboratory) : Section<CurlRows>(laboratory), IRows
{
    private const string Status = " (%{http_code}, HTTP/%{http_version})";

    public static string Title => "As curl sees it";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Curl("`curl`", "/text"),
        Curl("`curl -I`", "/text", "-I", "-o", "/dev/null"),
        Curl("`curl -0`", "/text", "-0"),
        Curl("`curl --http2`, which asks for an upgrade, stays with HTTP/1.1", "/text", "--http2"),
        Curl("`curl -C 5` resumes", "/file", "-C", "5"),
        Curl("`curl -r 0-1,3-4`", "/file", "-r", "0-1,3-4"),
        Curl("`curl -z` with the date of the file", "/file", "-z", "Sat, 03 Feb 2001 04:05:06 GMT"),
        Curl("`curl --compressed`", "/gzip", "--compressed"),
        Curl("`curl -d`", "/echo", "-d", "a=1"),
        Curl("`curl -F`, a multipart form", "/form", "-F", "a=1", "-F", "file=@-;filename=f.txt"),
        Curl("`curl -T -`, chunked", "/length", "-T", "-"),
        Curl("`curl -d` of 2 MB, which waits for 100", "/length", "-d", "@/dev/zero.2M"),
        Curl("`curl -X DELETE`", "/method", "-X", "DELETE"),
        Curl("`curl -L` follows a relative Location", "/redirect", "-L"),
        Curl("`curl -u`", "/authorization", "-u", "user:pass"),
        Curl("`curl -b -c`: a cookie that is set comes back", "/cookie", "-L", "-b", ""),
        Curl("`curl --path-as-is`", "/target/../a//b?c", "--path-as-is"),
        Curl("`curl --raw` of chunks", "/chunked", "--raw"),
        Curl("`curl --tr-encoding`", "/text", "--tr-encoding"),
        new(
            "Two requests on one connection",
            static (target, token) => RunAsync(target, token, "-w", " (%{num_connects} new) ", Url(target, "/text"), Url(target, "/text")),
            needs: "curl"),
        new(
            "Twenty requests at once",
            static async (target, token) =>
            {
                var output = await RunAsync(target, token, ["-Z", .. Enumerable.Repeat(Url(target, "/text"), 20)]);
                return output == string.Concat(Enumerable.Repeat("text", 20)) ? "twenty good answers" : "other answers";
            },
            needs: "curl"),
    ];

    private static Row Curl(string behaviour, string path, params string[] options) => new(
        behaviour,
        async (target, token) => $"`{(await RunAsync(target, token, ["-w", Status, .. options, Url(target, path)])).ReplaceLineEndings(" ")}`",
        needs: "curl");

    private static string Url(Target target, string path) => $"http://{target.App.Host}{path}";

    private static async Task<string> RunAsync(Target target, CancellationToken token, params string[] arguments)
    {
        Serve(target.Origin);
        using var upload = new TemporaryFile(new string('u', 2_000_000));
        var result = await Tool.RunAsync(
            Tool.Find("curl")!,
            ["-q", "-s", "-S", "--noproxy", "*", "--connect-to", $"::127.0.0.1:{target.App.Port}", .. arguments.Select(argument => argument.Replace("/dev/zero.2M", upload.Path, StringComparison.Ordinal))],
            token,
            input: "from standard input");
        return result.ExitCode == 0 ? result.Output : $"exit code {result.ExitCode}: {target.App.Neutral(result.Errors)}";
    }

    private static void Serve(TestOrigin origin)
    {
        origin.Fallback = static context => Results.Text(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget).ExecuteAsync(context);
        origin.Map("/text", static context => Results.Text("text").ExecuteAsync(context));
        origin.Map("/file", static context => Results.File(
            Encoding.ASCII.GetBytes("0123456789"),
            "text/plain",
            lastModified: new DateTimeOffset(2001, 2, 3, 4, 5, 6, TimeSpan.Zero),
            entityTag: new EntityTagHeaderValue("\"v1\""),
            enableRangeProcessing: true).ExecuteAsync(context));
        origin.Map("/gzip", static async context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            await using var content = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
            await content.WriteAsync("plain again"u8.ToArray(), context.RequestAborted);
        });
        origin.Map("/echo", static async context => await Results.Text(await new StreamReader(context.Request.Body).ReadToEndAsync(context.RequestAborted)).ExecuteAsync(context));
        origin.Map("/form", static async context =>
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            await Results.Text($"a={form["a"]}, {form.Files[0].FileName} of {form.Files[0].Length} bytes").ExecuteAsync(context);
        });
        origin.Map("/length", static async context =>
        {
            var content = await new StreamReader(context.Request.Body).ReadToEndAsync(context.RequestAborted);
            await Results.Text($"{context.Request.ContentLength?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "chunked"}: {content.Length}").ExecuteAsync(context);
        });
        origin.Map("/method", static context => Results.Text(context.Request.Method).ExecuteAsync(context));
        origin.Map("/redirect", static context => Results.Redirect("text").ExecuteAsync(context));
        origin.Map("/authorization", static context => Results.Text(context.Request.Headers.Authorization).ExecuteAsync(context));
        origin.Map("/cookie", static context =>
        {
            if (context.Request.Headers.Cookie is [{ Length: > 0 } cookie])
            {
                return Results.Text(cookie).ExecuteAsync(context);
            }

            context.Response.Headers.SetCookie = "a=1; Path=/; HttpOnly";
            return Results.Redirect("/cookie").ExecuteAsync(context);
        });
        origin.Map("/chunked", static async context =>
        {
            await context.Response.WriteAsync("one", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        });
    }
}
