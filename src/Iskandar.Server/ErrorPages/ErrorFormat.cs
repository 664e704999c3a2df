using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Iskandar.Server.ErrorPages;

/// <summary>In which form an error is told.</summary>
internal enum ErrorFormat
{
    Text,
    Html,
    Problem,
}

/// <summary>Chooses the form from the <c>Accept</c> field (RFC 9110 section 12.5.1).</summary>
internal static class ErrorFormats
{
    /// <summary>The form that the client likes best: HTML for browsers, a problem for API clients, plain text for everybody else.</summary>
    public static ErrorFormat Choose(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted))
        {
            return ErrorFormat.Text;
        }

        // Stable: among equals, the first that was listed.
        foreach (var type in accepted.OrderByDescending(static type => type.Quality ?? 1))
        {
            if (type.Quality == 0)
            {
                continue;
            }

            if (type.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase)
                || type.MediaType.Equals("application/xhtml+xml", StringComparison.OrdinalIgnoreCase))
            {
                return ErrorFormat.Html;
            }

            if (type.SubTypeWithoutSuffix.Equals("json", StringComparison.OrdinalIgnoreCase)
                || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase))
            {
                return ErrorFormat.Problem;
            }

            if (type.MediaType.Equals("text/plain", StringComparison.OrdinalIgnoreCase) || type.MatchesAllTypes)
            {
                return ErrorFormat.Text;
            }
        }

        return ErrorFormat.Text;
    }
}
