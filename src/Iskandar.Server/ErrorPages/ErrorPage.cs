using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Iskandar.Protocol.Connections;
using Microsoft.AspNetCore.Http;

namespace Iskandar.Server.ErrorPages;

/// <summary>Tells a visitor or a client what went wrong. The code stands in the <c>Iskandar-Error</c> field whatever the form.</summary>
internal static class ErrorPage
{
    private const string RetryAfterSeconds = "1";
    private const string RetryFullServerAfterSeconds = "30";

    /// <summary>Answers in the form that the request asks for.</summary>
    /// <param name="context">A request whose response has not started.</param>
    /// <param name="error">What went wrong.</param>
    /// <param name="status">The status; that of the error unless given.</param>
    public static Task WriteAsync(HttpContext context, ExchangeError error, int? status = null) =>
        WriteAsync(context, error, status ?? error.ToStatus(), ErrorFormats.Choose(context.Request));

    /// <summary>Answers with a problem (RFC 9457).</summary>
    /// <param name="context">A request whose response has not started.</param>
    /// <param name="error">What went wrong.</param>
    public static Task WriteProblemAsync(HttpContext context, ExchangeError error) => WriteAsync(context, error, error.ToStatus(), ErrorFormat.Problem);

    private static async Task WriteAsync(HttpContext context, ExchangeError error, int status, ErrorFormat format)
    {
        var (title, detail) = ErrorTexts.Of(error);
        var (type, body) = format switch
        {
            ErrorFormat.Html => ("text/html; charset=utf-8", Encoding.UTF8.GetBytes(ToHtml(status, title, detail, error.ToCode()))),
            ErrorFormat.Problem => ("application/problem+json", ToProblem(status, title, detail, error.ToCode())),
            _ => ("text/plain; charset=utf-8", Encoding.UTF8.GetBytes($"{status} {title}\n{detail}\n({error.ToCode()})\n")),
        };
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = type;
        response.ContentLength = body.Length;
        response.Headers[ExchangeErrors.FieldName] = error.ToCode();
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.Vary = "Accept";
        if (format == ErrorFormat.Html)
        {
            response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";
        }

        if (status == StatusCodes.Status405MethodNotAllowed)
        {
            response.Headers.Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE";
        }

        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers.RetryAfter = error == ExchangeError.ServerFull ? RetryFullServerAfterSeconds : RetryAfterSeconds;
        }

        await response.Body.WriteAsync(body, context.RequestAborted);
        await response.CompleteAsync();
    }

    private static byte[] ToProblem(int status, string title, string detail, string code) =>
        JsonSerializer.SerializeToUtf8Bytes(new Problem("about:blank", title, status, detail, code), ProblemContext.Default.Problem);

    private static string ToHtml(int status, string title, string detail, string code)
    {
        var encoder = HtmlEncoder.Default;
        return string.Create(CultureInfo.InvariantCulture, $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{{encoder.Encode(title)}}</title>
            <style>
            :root { color-scheme: light dark; }
            body { font: 1.05rem/1.6 system-ui, sans-serif; max-width: 38rem; margin: 18vh auto 0; padding: 0 1.5rem; }
            h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .75rem; }
            p { margin: 0 0 1.5rem; }
            footer { font: .85rem ui-monospace, monospace; opacity: .65; }
            </style>
            </head>
            <body>
            <main>
            <h1>{{encoder.Encode(title)}}</h1>
            <p>{{encoder.Encode(detail)}}</p>
            </main>
            <footer>{{status}} {{encoder.Encode(code)}} · Iskandar</footer>
            </body>
            </html>

            """);
    }
}

/// <summary>A problem (RFC 9457), with the stable code.</summary>
internal sealed record Problem(string Type, string Title, int Status, string Detail, string Code);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ProblemContext : JsonSerializerContext;
