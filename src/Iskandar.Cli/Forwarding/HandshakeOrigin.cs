using Iskandar.Cli.Configuration;

namespace Iskandar.Cli.Forwarding;

/// <summary>
/// What an origin sees in the <c>Origin</c> field (RFC 6455 section 10.2) of a handshake. Dev servers take a WebSocket only from pages of their own host, so where
/// they are to see another <c>Host</c> than the public one, a page of the public host becomes one of that host. A foreign page stays foreign.
/// </summary>
internal static class HandshakeOrigin
{
    /// <summary>Chooses the field's value.</summary>
    /// <param name="sent">What the visitor sent.</param>
    /// <param name="publicHost">The public host, as the visitor sent it.</param>
    /// <param name="origin">The origin's URL.</param>
    /// <param name="hostField">Which host the origin sees.</param>
    public static string Choose(string sent, string publicHost, Uri origin, HostField hostField)
    {
        var scheme = sent.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0 || !sent.AsSpan(scheme + 3).Equals(publicHost, StringComparison.OrdinalIgnoreCase))
        {
            return sent;
        }

        var host = hostField.Choose(publicHost);
        return host == publicHost ? sent : $"{origin.Scheme}://{host ?? origin.Authority}";
    }
}
