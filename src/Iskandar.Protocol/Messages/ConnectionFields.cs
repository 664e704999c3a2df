using System.Collections.Frozen;

namespace Iskandar.Protocol.Messages;

/// <summary>
/// Fields that belong to one HTTP connection and must not be forwarded (RFC 9110 section 7.6.1), nor may what <c>Connection</c> names.
/// </summary>
public static class ConnectionFields
{
    private static readonly FrozenSet<string> Names = new[]
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "TE", "Upgrade", "HTTP2-Settings",
        "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Authentication-Info",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // Naming these in Connection must not remove them: the message would change its meaning on the way.
    private static readonly FrozenSet<string> EndToEnd = new[]
    {
        "Host", "Content-Length", "Content-Type", "Content-Encoding", "Authorization", "Cookie", "Set-Cookie",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a field of this name is always connection-specific.</summary>
    /// <param name="name">The field name, in any case.</param>
    public static bool Contains(string name) => Names.Contains(name);

    /// <summary>
    /// Whether a line is <c>TE: trailers</c>, which crosses a tunnel as it does HTTP/2 (RFC 9113 section 8.2.2): its sender takes trailers. Of all that a <c>TE</c> field may say, nothing
    /// else is of use to anyone but its receiver.
    /// </summary>
    /// <param name="line">A line of a request's header section.</param>
    public static bool IsTrailersWelcome(Field line) =>
        line.Name.Equals("TE", StringComparison.OrdinalIgnoreCase) && line.Value.Equals("trailers", StringComparison.OrdinalIgnoreCase);

    /// <summary>What the <c>Connection</c> lines of a section say, as one list; null when there are none.</summary>
    /// <param name="fields">The header section.</param>
    public static string? OptionsOf(FieldSection fields)
    {
        string? options = null;
        foreach (ref readonly var line in fields.Lines)
        {
            if (line.Name.Equals("Connection", StringComparison.OrdinalIgnoreCase))
            {
                options = options is null ? line.Value : $"{options},{line.Value}";
            }
        }

        return options;
    }

    /// <summary>Whether a value of the <c>Connection</c> field names this field as connection-specific.</summary>
    /// <param name="connection">A value of <c>Connection</c>: a comma-separated list, or null.</param>
    /// <param name="name">The field name, in any case.</param>
    public static bool IsNamedBy(string? connection, string name)
    {
        if (string.IsNullOrEmpty(connection) || EndToEnd.Contains(name))
        {
            return false;
        }

        foreach (var option in connection.AsSpan().Split(','))
        {
            if (connection.AsSpan(option).Trim(" \t").Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
