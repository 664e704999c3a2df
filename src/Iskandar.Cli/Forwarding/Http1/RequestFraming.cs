using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>How a request's content ends (RFC 9112 section 6.2).</summary>
/// <param name="Length">What Content-Length says, in bytes; null: nothing.</param>
/// <param name="IsChunked">Whether it goes in chunks.</param>
internal readonly record struct RequestFraming(long? Length, bool IsChunked)
{
    /// <summary>Whether there is content to send.</summary>
    public bool HasContent => IsChunked || Length > 0;

    /// <summary>What fits a request: the length that was declared; chunks when none was, and there may be content.</summary>
    public static RequestFraming Of(HttpContext context)
    {
        var request = context.Request;
        if (request.ContentLength is { } length)
        {
            return new RequestFraming(length, IsChunked: false);
        }

        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is not false)
        {
            return new RequestFraming(null, IsChunked: true);
        }

        // With a method that usually has content, none is said as well (RFC 9110 section 8.6).
        return new RequestFraming(HttpMethods.IsPost(request.Method) || HttpMethods.IsPut(request.Method) || HttpMethods.IsPatch(request.Method) ? 0 : null, IsChunked: false);
    }
}
