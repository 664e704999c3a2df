namespace Iskandar.Cli.Configuration;

/// <summary>URLs that name a server and nothing on it.</summary>
internal static class HttpUrl
{
    /// <summary>Reads an absolute http or https URL without path, query, fragment and credentials.</summary>
    public static Uri? Parse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && url.Scheme is "http" or "https"
        && url.Host.Length > 0
        && url is { PathAndQuery: "/", Fragment.Length: 0, UserInfo.Length: 0 }
        // "?", "#" and "@" with nothing beside them leave no trace in the properties.
        && text.AsSpan().IndexOfAny("?#@\\") < 0
            ? url
            : null;
}
