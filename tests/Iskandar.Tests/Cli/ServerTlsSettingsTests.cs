using Iskandar.Cli.Configuration;

namespace Iskandar.Tests.Cli;

/// <summary>TLS from flags to a certificate that visitors can be shown; and what is said when that can't be.</summary>
public sealed class ServerTlsSettingsTests : IDisposable
{
    private readonly CertificateFixture _files = new();

    [Fact]
    public void Https_WithCertificateAndKey_IsSettled()
    {
        var (certificate, key) = _files.Create("a");

        var (settings, problems) = Read(("listen", "https://127.0.0.1:8443"), ("tls-certificate", certificate), ("tls-key", key), ("http3", "on"));

        Assert.Empty(problems);
        Assert.Equal(ListenScheme.Https, Assert.Single(settings.Listen).Scheme);
        Assert.Equal("CN=a", settings.Certificate!.Current(Assert.Fail).TargetCertificate.Subject);
        Assert.True(settings.Http3);
        var options = new Iskandar.Server.Configuration.IskandarServerOptions();
        settings.Apply(options);
        Assert.Equal(new Uri("https://localhost:8443"), options.PublicUrl);
    }

    [Fact]
    public void Certificate_WithItsChain_ShowsAllOfIt()
    {
        var (certificate, key) = _files.CreateChain("a");

        var (settings, problems) = Read(("listen", "https://:0"), ("tls-certificate", certificate), ("tls-key", key));

        Assert.Empty(problems);
        var context = settings.Certificate!.Current(Assert.Fail);
        Assert.Equal("CN=a", context.TargetCertificate.Subject);
        Assert.Equal("CN=issuer", Assert.Single(context.IntermediateCertificates).Subject);
    }

    [Theory]
    [InlineData("http://:0", "http://:0", false)]
    [InlineData("https://:0", "http://:0", true)]
    [InlineData("http://:0", "https://:0", true)]
    public void Https_WithoutFiles_AsksForBoth(string first, string second, bool isNeeded)
    {
        var (_, problems) = Read(("listen", $"{first},{second}"));

        Assert.Equal(isNeeded ? ["--tls-certificate", "--tls-key"] : [], problems.Select(static problem => problem.Split(':')[0]));
    }

    [Fact]
    public void Certificate_WithoutKey_AsksForIt()
    {
        var (certificate, _) = _files.Create("a");

        var (_, problems) = Read(("tls-certificate", certificate));

        Assert.StartsWith("--tls-key: expected a file", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_Missing_BothAreNamed()
    {
        var (_, problems) = Read(("listen", "https://:0"), ("tls-certificate", _files.Path("none.crt")), ("tls-key", _files.Path("none.key")), ("http3", "maybe"));

        Assert.Collection(
            problems,
            problem => Assert.Contains("none.crt", Starts(problem, "--tls-certificate: can't be read: "), StringComparison.Ordinal),
            problem => Assert.Contains("none.key", Starts(problem, "--tls-key: can't be read: "), StringComparison.Ordinal),
            problem => Starts(problem, "--http3: expected on or off"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no certificate")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public void Certificate_Broken_IsNamed(string text)
    {
        var (_, key) = _files.Create("a");

        var (_, problems) = Read(("listen", "https://:0"), ("tls-certificate", _files.Write("broken.crt", text)), ("tls-key", key));

        Assert.EndsWith("broken.crt holds no certificate (PEM), or a broken one.", Starts(Assert.Single(problems), "--tls-certificate: "), StringComparison.Ordinal);
    }

    [Fact]
    public void Key_OfAnotherCertificate_IsNamed()
    {
        var (certificate, _) = _files.Create("a");
        var (_, key) = _files.Create("b");

        var (_, problems) = Read(("listen", "https://:0"), ("tls-certificate", certificate), ("tls-key", key));

        Assert.Contains("b.key holds no private key (PEM) for the certificate in", Starts(Assert.Single(problems), "--tls-key: "), StringComparison.Ordinal);
    }

    [Fact]
    public void Key_NoKey_IsNamed()
    {
        var (certificate, _) = _files.Create("a");

        var (_, problems) = Read(("listen", "https://:0"), ("tls-certificate", certificate), ("tls-key", certificate));

        Assert.Contains("holds no private key", Starts(Assert.Single(problems), "--tls-key: "), StringComparison.Ordinal);
    }

    [Fact]
    public void Key_Encrypted_IsSaid()
    {
        var (certificate, key) = _files.Create("a");

        var (_, problems) = Read(("listen", "https://:0"), ("tls-certificate", certificate), ("tls-key", _files.Encrypt(key, "secret")));

        Assert.Contains("is encrypted", Starts(Assert.Single(problems), "--tls-key: "), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-20, -10)]
    [InlineData(10, 20)]
    public void Certificate_NotValidNow_IsSaid(int from, int until)
    {
        var (certificate, key) = _files.Create("a", CertificateFixture.Start.AddDays(from), CertificateFixture.Start.AddDays(until));

        var (_, problems) = Read(("listen", "https://:0"), ("tls-certificate", certificate), ("tls-key", key));

        Assert.Contains("a.crt is valid from ", Starts(Assert.Single(problems), "--tls-certificate: "), StringComparison.Ordinal);
    }

    [Fact]
    public void Http3_WithoutHttps_IsRefused()
    {
        var (_, problems) = Read(("http3", "on"));

        Starts(Assert.Single(problems), "--http3: HTTP/3 needs TLS");
    }

    public void Dispose() => _files.Dispose();

    private static string Starts(string text, string beginning)
    {
        Assert.StartsWith(beginning, text, StringComparison.Ordinal);
        return text;
    }

    private static (ServerSettings Settings, List<string> Problems) Read(params (string Name, string Value)[] flags)
    {
        var problems = new List<string>();
        var given = flags.ToDictionary(static flag => flag.Name, static flag => (IReadOnlyList<string>)[flag.Value]);
        return (ServerSettings.Read(new SettingReader(given, static _ => null, new Dictionary<string, IReadOnlyList<SettingValue>>()), problems), problems);
    }
}
