namespace Iskandar.Cli.Forwarding;

/// <summary>Puts a visitor's request target behind the origin's authority.</summary>
internal static class OriginUri
{
    // Without this, "/a/../b", "%7E" and the like would reach the origin as something else than the visitor sent.
    private static readonly UriCreationOptions ByteForByte = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>Where to send a request, the target byte for byte.</summary>
    /// <param name="origin">Scheme and authority, without a slash at the end: see <see cref="Prefix"/>.</param>
    /// <param name="target">The request target: origin form, or "*".</param>
    public static Uri Create(string origin, string target)
    {
        if (target == "*")
        {
            target = "/";
        }

        // What begins with a slash can't move where the authority ends, whatever follows.
        if (!target.StartsWith('/'))
        {
            throw new ArgumentException("The request target is not in origin form.", nameof(target));
        }

        return new Uri(origin + target, in ByteForByte);
    }

    /// <summary>Scheme and authority of an origin.</summary>
    public static string Prefix(Uri origin) => origin.GetLeftPart(UriPartial.Authority);

    /// <summary>The authority of an origin, as Host says it.</summary>
    public static string Authority(Uri origin)
    {
        // An IPv6 address has brackets here (RFC 9110 section 7.2), and none where it is connected to.
        var host = origin.HostNameType == UriHostNameType.IPv6 ? origin.Host : origin.IdnHost;
        return origin.IsDefaultPort ? host : $"{host}:{origin.Port}";
    }
}
