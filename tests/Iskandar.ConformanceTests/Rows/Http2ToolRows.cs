using System.Text.RegularExpressions;
using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;
using Microsoft.AspNetCore.Http;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>HTTP/2 in clear as curl and the programs of nghttp2 speak it.</summary>
public sealed partial class Http2ToolRows(Laboratory laboratory) : Section<Http2ToolRows>(laboratory), IRows
{
    private const string Upload = "{upload}";

    public static string Title => "Visitors over HTTP/2, as curl, nghttp and h2load see it";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Curl("`curl --http2-prior-knowledge`", "/text"),
        Curl("`curl --http2-prior-knowledge -I`", "/text", "-I", "-o", "/dev/null"),
        Curl("`curl --http2-prior-knowledge -d`", "/echo", "-d", "a=1"),
        Curl("`curl --http2-prior-knowledge -T -`, of a length that isn't said", "/length", "-T", "-"),
        Curl("`curl --http2-prior-knowledge -T` of 1 MiB", "/length", "-T", Upload),
        Nghttp("`nghttp`", "/text", []),
        Nghttp("`nghttp -H 'cookie: a=1' -H 'cookie: b=2'`: the app sees one line", "/cookie", ["-H", "cookie: a=1", "-H", "cookie: b=2"]),
        Nghttp("`nghttp --no-content-length --trailer`: a request's trailers reach the app", "/trailer", ["-d", Upload, "--no-content-length", "--trailer", "x-sum: 1"]),
        Nghttp(
            "`nghttp --trailer`, of a length that is said",
            "/trailer",
            ["-d", Upload, "--trailer", "x-sum: 1"],
            differs: "`1048576, then none`",
            because: "To the app it is HTTP/1.1, where only chunks can be followed by trailers."),
        new("`nghttp -v`: trailers of a response come last", TrailersAsync, needs: "nghttp"),
        new("`h2load -c 1 -m 100`: 100 streams at once on one connection", AtOnceAsync, needs: "h2load"),
        new("`h2load -n 5000 -c 10 -m 10`", static (target, token) => H2LoadAsync(target, "/text", token, "-n", "5000", "-c", "10", "-m", "10"), needs: "h2load"),
    ];

    [GeneratedRegex("(?<sum>[0-9]+ 2xx.*5xx)")]
    private static partial Regex Statuses();

    [GeneratedRegex("(?<done>[0-9]+ succeeded, [0-9]+ failed)")]
    private static partial Regex Requests();

    [GeneratedRegex(@"recv \([^)]*\) (?<line>x-[^\r\n]*)|recv (?<frame>DATA|HEADERS) frame <[^>]*flags=0x(?<flags>[0-9a-f]{2})")]
    private static partial Regex Received();

    private static Row Curl(string behaviour, string path, params string[] options) => new(
        behaviour,
        async (target, token) => $"`{await CurlAsync(target, token, ["-w", " (%{http_code}, HTTP/%{http_version})", .. options, $"http://{target.Http2.Clear.Host}{path}"])}`",
        needs: "curl");

    private static Row Nghttp(string behaviour, string path, string[] options, string? differs = null, string? because = null) => new(
        behaviour,
        async (target, token) => await NghttpAsync(target, path, token, options) is { Length: > 0 } output ? $"`{output}`" : "nothing",
        differs,
        because,
        needs: "nghttp");

    private static Task<string> CurlAsync(Target target, CancellationToken token, params string[] arguments) => RunAsync(
        target, "curl", token, ["-q", "-s", "-S", "--noproxy", "*", "--http2-prior-knowledge", "--connect-to", $"::127.0.0.1:{target.Http2.Clear.Port}", .. arguments]);

    // These know no name but that of the address that they connect to; the field says which app is meant.
    private static Task<string> NghttpAsync(Target target, string path, CancellationToken token, params string[] options) => RunAsync(
        target, "nghttp", token, ["-H", $":authority: {target.Http2.Clear.Host}", .. options, $"http://{Door.Authority(target.Http2.Clear.Port)}{path}"]);

    private static async Task<string> H2LoadAsync(Target target, string path, CancellationToken token, params string[] options)
    {
        var output = await RunAsync(
            target, "h2load", token, ["-H", $":authority: {target.Http2.Clear.Host}", .. options, $"http://{Door.Authority(target.Http2.Clear.Port)}{path}"]);
        return $"{Requests().Match(output).Groups["done"].Value}: {Statuses().Match(output).Groups["sum"].Value}";
    }

    private static async Task<string> AtOnceAsync(Target target, CancellationToken token)
    {
        var all = new Gate();
        var arrived = 0;
        target.Http2.App.Map("/at-once", async context =>
        {
            if (Interlocked.Increment(ref arrived) == 100)
            {
                all.Open();
            }

            await all.PassAsync("100 requests at the app");
            await Results.Text("text").ExecuteAsync(context);
        });
        return await H2LoadAsync(target, "/at-once", token, "-n", "100", "-c", "1", "-m", "100");
    }

    private static async Task<string> TrailersAsync(Target target, CancellationToken token)
    {
        target.Http2.App.Map("/trailers", static context => context.Response.SendWithTrailersAsync("hi", ("x-sum", "1")));
        var output = await NghttpAsync(target, "/trailers", token, "-v", "-H", "te: trailers");
        return string.Join(", ", Received().Matches(output).Select(static match => match.Groups["line"] is { Success: true } line
            ? $"`{line.Value}`"
            : $"{match.Groups["frame"].Value}{(match.Groups["flags"].Value[1] is '1' or '5' ? " which ends the stream" : "")}"));
    }

    private static async Task<string> RunAsync(Target target, string tool, CancellationToken token, params IEnumerable<string> arguments)
    {
        Serve(target.Http2.App);
        using var upload = new TemporaryFile(new string('u', 1 << 20));
        var result = await Tool.RunAsync(
            Tool.Find(tool)!, arguments.Select(argument => argument.Replace(Upload, upload.Path, StringComparison.Ordinal)), token, input: "from standard input");
        return result.ExitCode == 0
            ? result.Output.TrimEnd()
            : $"{result.Output} exit code {result.ExitCode}: {target.Http2.Clear.Neutral(result.Errors.Trim())}".ReplaceLineEndings(" ");
    }

    private static void Serve(TestOrigin app)
    {
        app.Map("/text", static context => Results.Text("text").ExecuteAsync(context));
        app.Map("/echo", static async context => await Results.Text(await context.Request.ReadTextAsync()).ExecuteAsync(context));
        app.Map("/cookie", static context => Results.Text(string.Join(" and ", context.Request.Headers.Cookie.AsEnumerable())).ExecuteAsync(context));
        app.Map("/length", static async context =>
        {
            var content = await context.Request.ReadTextAsync();
            await Results.Text($"length {context.Request.ContentLength?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}, {content.Length}").ExecuteAsync(context);
        });
        app.Map("/trailer", static async context =>
        {
            var content = await context.Request.ReadTextAsync();
            var trailer = context.Request.CheckTrailersAvailable() ? context.Request.GetTrailer("x-sum") : default;
            await Results.Text($"{content.Length}, then {(trailer.Count > 0 ? trailer : "none")}").ExecuteAsync(context);
        });
    }
}
