using Iskandar.Cli.Configuration;
using Microsoft.AspNetCore.Http;

namespace Iskandar.Cli.Forwarding;

/// <summary>
/// An app that sees another <c>Host</c> than the visitor's names that one in absolute redirects, which would lead out of the tunnel. Where <c>Location</c> and <c>Content-Location</c>
/// (RFC 9110 sections 10.2.2 and 8.7) name exactly what the app saw, they get the visitor's scheme and host. What is behind them stays as it is, and so does any other value.
/// </summary>
internal sealed class PublicLocation
{
    private readonly string _authority;

    private PublicLocation(string authority) => _authority = authority;

    /// <summary>For the responses of an origin.</summary>
    /// <returns>Null: they stay as they are.</returns>
    public static PublicLocation? For(OriginSettings settings) =>
        settings.LocationField == LocationField.Preserve || ReferenceEquals(settings.HostField, HostField.Preserve)
            ? null
            : new PublicLocation(settings.HostField.Choose(null) ?? OriginUri.Authority(settings.Origin));

    /// <summary>Changes the fields of a response that name the origin.</summary>
    public void Apply(HttpContext context)
    {
        var fields = context.Response.Headers;
        if (fields.Location is [{ } location] && Find(location, context.Request) is { } found)
        {
            fields.Location = found;
        }

        if (fields.ContentLocation is [{ } contentLocation] && Find(contentLocation, context.Request) is { } contentFound)
        {
            fields.ContentLocation = contentFound;
        }
    }

    private string? Find(string value, HttpRequest request)
    {
        var authority = value.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? 7 : value.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? 8 : -1;
        if (authority < 0 || !value.AsSpan(authority).StartsWith(_authority, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        // The authority ends here (RFC 3986 section 3.2), or it is another one that begins alike.
        var rest = value.AsSpan(authority + _authority.Length);
        if (rest is not ([] or ['/' or '?' or '#', ..]) || request.Headers.Host is not [{ Length: > 0 } host])
        {
            return null;
        }

        // A server that doesn't say the scheme leaves it to the visitor, who knows.
        return request.Headers["X-Forwarded-Proto"] is [("http" or "https") and var scheme] ? $"{scheme}://{host}{rest}" : $"//{host}{rest}";
    }
}
