using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>A self-signed certificate and its key as PEM files, in a folder of their own.</summary>
public sealed class TestCertificate : IDisposable
{
    public const string Subject = "CN=iskandar-test";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("iskandar-test-");

    public TestCertificate(int validForDays = 1)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var today = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest(Subject, key, HashAlgorithmName.SHA256).CreateSelfSigned(today.AddDays(-10), today.AddDays(validForDays));
        File.WriteAllText(PathOf("crt"), certificate.ExportCertificatePem());
        File.WriteAllText(PathOf("key"), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>The flags of a server that shows it.</summary>
    public string[] Options => ["--tls-certificate", PathOf("crt"), "--tls-key", PathOf("key")];

    public void Dispose() => _folder.Delete(recursive: true);

    private string PathOf(string extension) => Path.Combine(_folder.FullName, $"test.{extension}");
}
