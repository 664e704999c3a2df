using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;
using Microsoft.AspNetCore.Http;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>The edge over TLS, as curl sees it: which HTTP is spoken, and what the app is told.</summary>
public sealed class TlsRows(Laboratory laboratory) : Section<TlsRows>(laboratory), IRows
{
    private const string Version = " (%{http_code}, HTTP/%{http_version})";

    public static string Title => "Visitors over TLS (curl)";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Of("`curl -k`: ALPN finds HTTP/2", "-w", Version),
        Of("`curl -k --http1.1`", "-w", Version, "--http1.1"),
        Of("`curl -k --no-alpn`", "-w", Version, "--no-alpn"),
        Of("`curl -k -d`, over HTTP/2", "-w", Version, "-d", "a=1"),
        Of("`curl -k --tlsv1.3`", "-w", Version, "--tlsv1.3"),
        Of("`curl -k --tlsv1.2 --tls-max 1.2`", "-w", Version, "--tlsv1.2", "--tls-max", "1.2"),
        Of("`curl` without `-k` doesn't trust the certificate that the laboratory made", "--no-insecure"),
        new(
            "X-Forwarded-Proto",
            static (target, token) => RunAsync(target, "/proto", token),
            differs: "`https`",
            because: "The truth about how the visitor came.",
            needs: "curl"),
    ];

    private static Row Of(string behaviour, params string[] options) => new(behaviour, (target, token) => RunAsync(target, "/text", token, options), needs: "curl");

    private static async Task<string> RunAsync(Target target, string path, CancellationToken token, params string[] options)
    {
        var (app, door) = (target.Http2.App, target.Http2.Tls);
        app.Map("/text", static async context => await Results.Text($"text{await context.Request.ReadTextAsync()}").ExecuteAsync(context));
        app.Map("/proto", static context => Results.Text(context.Request.Headers["X-Forwarded-Proto"] is { Count: > 0 } said ? said.ToString() : "none of it").ExecuteAsync(context));
        var result = await Tool.RunAsync(
            Tool.Find("curl")!, ["-q", "-s", "-k", "--noproxy", "*", "--connect-to", $"::127.0.0.1:{door.Port}", .. options, $"https://{door.Host}{path}"], token);
        return result.ExitCode == 0 ? $"`{result.Output}`" : $"exit code {result.ExitCode}";
    }
}
