namespace Iskandar.FunctionalTests.Binary.Codec;

/// <summary>The document's table of names.</summary>
public static class NameTable
{
    private static readonly string[] Names =
    [
        "",
        "accept", "accept-charset", "accept-encoding", "accept-language", "accept-ranges", "access-control-allow-credentials",
        "access-control-allow-headers", "access-control-allow-methods", "access-control-allow-origin",
        "access-control-expose-headers", "access-control-max-age", "access-control-request-headers",
        "access-control-request-method", "age", "allow", "alt-svc", "authorization", "cache-control", "connection",
        "content-disposition", "content-encoding", "content-language", "content-length", "content-location", "content-range",
        "content-security-policy", "content-type", "cookie", "date", "etag", "expect", "expires", "forwarded", "from", "host",
        "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "keep-alive", "last-modified",
        "link", "location", "origin", "pragma", "priority", "range", "referer", "referrer-policy", "retry-after", "sec-ch-ua",
        "sec-ch-ua-mobile", "sec-ch-ua-platform", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-fetch-user",
        "server", "server-timing", "set-cookie", "strict-transport-security", "te", "trailer", "transfer-encoding", "upgrade",
        "upgrade-insecure-requests", "user-agent", "vary", "via", "www-authenticate", "x-content-type-options", "x-forwarded-for",
        "x-forwarded-host", "x-forwarded-proto", "x-frame-options", "x-powered-by", "x-request-id", "x-requested-with",
        "x-xss-protection",
    ];

    /// <summary>The highest index.</summary>
    public static int Last => Names.Length - 1;

    public static string NameOf(int index) =>
        index > 0 && index <= Last ? Names[index] : throw new ProtocolViolationException($"The name {index:x2} is not in the table.");

    /// <summary>The index of a name, or 0.</summary>
    public static int IndexOf(string name) => Math.Max(0, Array.FindIndex(Names, 1, entry => entry.Equals(name, StringComparison.OrdinalIgnoreCase)));
}
