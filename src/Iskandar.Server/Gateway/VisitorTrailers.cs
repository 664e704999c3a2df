using System.Collections.Frozen;
using Iskandar.Protocol.Messages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Server.Gateway;

/// <summary>Trailer sections (RFC 9110 section 6.5), from a visitor and to one. What may not stand in them doesn't cross.</summary>
internal static class VisitorTrailers
{
    // RFC 9110 section 6.5.1: what frames, routes, modifies, authenticates or describes a message has to come before its content.
    private static readonly FrozenSet<string> BeforeContent = new[]
    {
        "Content-Length", "Transfer-Encoding", "Trailer", "Host", "Cache-Control", "Expect", "Max-Forwards", "Pragma", "Range", "If-Match", "If-None-Match", "If-Modified-Since",
        "If-Unmodified-Since", "If-Range", "Authorization", "Cookie", "Set-Cookie", "WWW-Authenticate", "Age", "Date", "Expires", "Location", "Retry-After",
        "Vary", "Content-Encoding", "Content-Range", "Content-Type",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The trailer section of a request whose content has been read to the end.</summary>
    /// <returns>Null when there is none.</returns>
    public static FieldSection? Read(HttpRequest request)
    {
        if (!request.SupportsTrailers() || !request.CheckTrailersAvailable())
        {
            return null;
        }

        FieldSection? trailers = null;
        foreach (var (name, values) in request.HttpContext.Features.GetRequiredFeature<IHttpRequestTrailersFeature>().Trailers)
        {
            if (BeforeContent.Contains(name) || VisitorRequest.IsDropped(name))
            {
                continue;
            }

            trailers ??= new FieldSection();
            foreach (var value in values)
            {
                trailers.Add(name, value ?? "");
            }
        }

        return trailers;
    }

    /// <summary>Whether a field may stand in a response's trailer section.</summary>
    public static bool MayFollow(string name) => !BeforeContent.Contains(name) && !VisitorResponse.IsDropped(name);

    /// <summary>Gives the trailer section of an exchange whose content has completed to a visitor who can be given one.</summary>
    public static void Write(FieldSection trailers, HttpResponse response)
    {
        if (trailers.Count == 0 || !response.SupportsTrailers())
        {
            return;
        }

        foreach (ref readonly var line in trailers.Lines)
        {
            if (MayFollow(line.Name))
            {
                response.AppendTrailer(line.Name, line.Value);
            }
        }
    }
}
