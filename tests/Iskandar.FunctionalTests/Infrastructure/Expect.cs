using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>What tests assert again and again about responses.</summary>
public static class Expect
{
    /// <summary>An answer of Iskandar itself, not of an app.</summary>
    public static void Error(HttpResponseMessage response, int status, string code)
    {
        Assert.Equal((status, code), ((int)response.StatusCode, ErrorCode(response)));
    }

    /// <summary>An answer of Iskandar itself, which says when to try again.</summary>
    public static void ErrorWithRetryAfter(HttpResponseMessage response, int status, string code)
    {
        Error(response, status, code);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    public static void Error(RawHead head, int status, string code) =>
        Assert.Equal((status, code), (head.Status, head["Iskandar-Error"]));

    /// <summary>A refusal for programs: problem+json whose code is that of the field.</summary>
    public static void Problem(RawResponse response, int status, string code)
    {
        Error(response.Head, status, code);
        Assert.StartsWith("application/problem+json", response.Head["Content-Type"], StringComparison.Ordinal);
        Assert.Equal(code, (string?)JsonNode.Parse(response.Body)!["code"]);
    }

    public static async Task TextAsync(HttpResponseMessage response, string text, HttpStatusCode status = HttpStatusCode.OK)
    {
        var body = await response.Content.ReadAsStringAsync(Bounded.Token());
        Assert.Equal((status, text), (response.StatusCode, body));
    }

    /// <summary>The response begins well and is then aborted: nobody can take it for complete.</summary>
    public static async Task AbortedAsync(HttpResponseMessage response, double seconds = 30)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var reading = response.Content.CopyToAsync(Stream.Null, Bounded.Token());
        var fault = await Record.ExceptionAsync(() => reading.WithinAsync("the end of the response", seconds));
        Assert.True(
            fault is HttpRequestException or IOException,
            $"The transfer should have been aborted, but: {fault?.ToString() ?? "it ended well."}");
    }

    /// <summary>Reads the next bytes of a content that isn't over yet.</summary>
    public static async Task NextTextAsync(Stream content, string expected)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(expected)];
        await content.ReadExactlyAsync(bytes, Bounded.Token());
        Assert.Equal(expected, Encoding.UTF8.GetString(bytes));
    }

    public static string? ErrorCode(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Iskandar-Error", out var values) ? Assert.Single(values) : null;
}
