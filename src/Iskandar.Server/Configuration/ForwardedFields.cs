namespace Iskandar.Server.Configuration;

/// <summary>Which fields tell an app where a request came from.</summary>
public enum ForwardedFields
{
    /// <summary><c>X-Forwarded-For</c>, <c>X-Forwarded-Proto</c> and <c>X-Forwarded-Host</c>.</summary>
    XForwarded,

    /// <summary><c>Forwarded</c> (RFC 7239).</summary>
    Forwarded,

    /// <summary>All of them.</summary>
    Both,
}
