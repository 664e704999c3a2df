using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Iskandar.Tests.Cli;

/// <summary>Certificates and keys as PEM files, in a folder of their own.</summary>
internal sealed class CertificateFixture : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("iskandar-test-");

    /// <summary>When certificates are valid from, unless said otherwise.</summary>
    public static DateTimeOffset Start { get; } = TimeProvider.System.GetUtcNow().AddDays(-1);

    public string Path(string name) => System.IO.Path.Combine(_folder.FullName, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(Path(name), text);
        return Path(name);
    }

    /// <summary>Writes a self-signed certificate and its key.</summary>
    /// <returns>Both files.</returns>
    public (string Certificate, string Key) Create(string name, DateTimeOffset? from = null, DateTimeOffset? until = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(from ?? Start, until ?? Start.AddDays(30));
        return (Write($"{name}.crt", certificate.ExportCertificatePem()), Write($"{name}.key", key.ExportPkcs8PrivateKeyPem()));
    }

    /// <summary>Writes a certificate, behind it the one that has signed it, which itself is signed by a root nobody knows; and its key.</summary>
    public (string Certificate, string Key) CreateChain(string name)
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Authority("root", rootKey).CreateSelfSigned(Start, Start.AddDays(30));
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = Authority("issuer", issuerKey).Create(root, Start, Start.AddDays(29), [1]);
        using var issuer = signed.CopyWithPrivateKey(issuerKey);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).Create(issuer, Start, Start.AddDays(20), [2]);
        return (
            Write($"{name}.crt", $"{certificate.ExportCertificatePem()}\n{issuer.ExportCertificatePem()}\n"),
            Write($"{name}.key", key.ExportECPrivateKeyPem()));
    }

    /// <summary>Writes a certificate's key with a passphrase.</summary>
    public string Encrypt(string key, string passphrase)
    {
        using var plain = ECDsa.Create();
        plain.ImportFromPem(File.ReadAllText(key));
        var parameters = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, iterationCount: 1000);
        return Write("encrypted.key", plain.ExportEncryptedPkcs8PrivateKeyPem(passphrase, parameters));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        return request;
    }
}
