namespace Iskandar.Cli.Configuration;

/// <summary>The origin, and how it is spoken to.</summary>
/// <param name="Origin">Scheme and authority.</param>
/// <param name="HostField">Which host it sees.</param>
/// <param name="Protocol">What is spoken with it.</param>
/// <param name="VerifiesCertificate">Whether its certificate has to be good, if it has one.</param>
/// <param name="LocationField">Where its redirects lead.</param>
internal sealed record OriginSettings(
    Uri Origin,
    HostField HostField,
    UpstreamProtocol Protocol = UpstreamProtocol.Auto,
    bool VerifiesCertificate = true,
    LocationField LocationField = LocationField.Rewrite)
{
    /// <summary>Whether it may be anybody who answers: then the user has to know.</summary>
    public bool IsUnverified => Origin.Scheme == Uri.UriSchemeHttps && !VerifiesCertificate;
}
