using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Iskandar.Cli.Configuration;

/// <summary>A certificate and its key, as PEM files.</summary>
/// <param name="Certificate">Where the certificate is, and behind it the chain that leads to a root.</param>
/// <param name="Key">Where its private key is.</param>
internal sealed record CertificateFiles(SettingValue Certificate, SettingValue Key)
{
    /// <summary>When which of the files was written, to see that they have changed.</summary>
    public (DateTime Certificate, DateTime Key) LastWritten => (File.GetLastWriteTimeUtc(Certificate.Text), File.GetLastWriteTimeUtc(Key.Text));

    /// <summary>Reads and checks both.</summary>
    /// <param name="now">The time at which the certificate has to be valid.</param>
    /// <param name="problems">Takes all that is wrong.</param>
    /// <returns>Null when something is.</returns>
    public SslStreamCertificateContext? Load(DateTimeOffset now, ICollection<string> problems)
    {
        var chain = ReadChain(problems);
        var key = ReadText(Key, problems);
        if (chain is null || key is null || !IsValid(chain[0], now, problems))
        {
            return null;
        }

        try
        {
            using var certificate = X509Certificate2.CreateFromPem(chain[0].ExportCertificatePem(), key);

            // Not every platform's TLS takes a key that was never in a store or a PKCS #12 file.
            var imported = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);

            // Offline: what the visitor needs is in the file, and a start must not depend on other servers.
            chain.RemoveAt(0);
            return SslStreamCertificateContext.Create(imported, chain, offline: true);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            problems.Add(key.Contains("ENCRYPTED", StringComparison.Ordinal)
                ? $"{Key.Place}: the key in {Key.Text} is encrypted: expected one without a passphrase."
                : $"{Key.Place}: {Key.Text} holds no private key (PEM) for the certificate in {Certificate.Text}.");
            return null;
        }
    }

    private static string? ReadText(SettingValue file, ICollection<string> problems)
    {
        try
        {
            return File.ReadAllText(file.Text);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            problems.Add($"{file.Place}: can't be read: {exception.Message}");
            return null;
        }
    }

    private X509Certificate2Collection? ReadChain(ICollection<string> problems)
    {
        if (ReadText(Certificate, problems) is not { } text)
        {
            return null;
        }

        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPem(text);
        }
        catch (CryptographicException)
        {
            chain.Clear();
        }

        if (chain.Count > 0)
        {
            return chain;
        }

        problems.Add($"{Certificate.Place}: {Certificate.Text} holds no certificate (PEM), or a broken one.");
        return null;
    }

    private bool IsValid(X509Certificate2 certificate, DateTimeOffset now, ICollection<string> problems)
    {
        var (from, until) = (new DateTimeOffset(certificate.NotBefore), new DateTimeOffset(certificate.NotAfter));
        if (from <= now && now <= until)
        {
            return true;
        }

        problems.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"{Certificate.Place}: the certificate in {Certificate.Text} is valid from {from.UtcDateTime:yyyy-MM-dd HH:mm}Z until {until.UtcDateTime:yyyy-MM-dd HH:mm}Z only."));
        return false;
    }
}
