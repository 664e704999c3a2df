using Iskandar.Protocol.Messages;

namespace Iskandar.Client.Connecting;

/// <summary>Where visitors reach the tunnel, from what the server said in its registration.</summary>
internal static class PublicUrl
{
    /// <summary>The public URL; the server's own when what it said makes none.</summary>
    /// <param name="registration">The server's first message.</param>
    /// <param name="server">The server's own URL.</param>
    public static Uri From(Registration registration, Uri server)
    {
        if (TryHttpUrl(registration.Url, out var url) || TryHttpUrl(registration.Subdomain, out url))
        {
            return url;
        }

        // A name, with or without the domain behind it.
        var host = registration.Subdomain.Contains('.', StringComparison.Ordinal) ? registration.Subdomain : $"{registration.Subdomain}.{server.Host}";
        return Uri.TryCreate($"{server.Scheme}://{host}:{server.Port}", UriKind.Absolute, out url) && url.PathAndQuery == "/" ? url : server;
    }

    private static bool TryHttpUrl(string? text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Uri? url) =>
        Uri.TryCreate(text, UriKind.Absolute, out url) && url.Scheme is ("http" or "https");
}
