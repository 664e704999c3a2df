namespace Iskandar.Cli.Configuration;

/// <summary>What becomes of a <c>Location</c> field (RFC 9110 section 10.2.2) that names the host that the origin saw, which isn't the visitor's.</summary>
internal enum LocationField
{
    /// <summary>It names the public host.</summary>
    Rewrite,

    /// <summary>It stays as the origin sent it.</summary>
    Preserve,
}
