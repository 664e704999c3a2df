using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Iskandar.Cli.Forwarding;

/// <summary>The origin's certificate doesn't prove that it is the origin.</summary>
internal sealed class BadCertificateException(SslPolicyErrors errors, X509Chain? chain) : AuthenticationException(Describe(errors, chain))
{
    private static string Describe(SslPolicyErrors errors, X509Chain? chain)
    {
        var found = new List<string>();
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            found.Add("there is none");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            found.Add("it is for another name");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            found.AddRange((chain?.ChainStatus ?? []).Select(static status => status.StatusInformation.TrimEnd('.', '\n', '\r')));
        }

        return $"its certificate is not good: {string.Join("; ", found)}";
    }
}
