using Iskandar.Cli.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Cli;

/// <summary>A certificate whose files change while the server runs.</summary>
public sealed class ServerCertificateTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly CertificateFixture _files = new();
    private readonly FakeTimeProvider _time = new(CertificateFixture.Start.AddHours(1));
    private readonly List<string> _problems = [];

    [Fact]
    public void Files_Change_NewOneIsShownAfterAWhile()
    {
        var certificate = Load("a");

        Replace("b");
        Assert.Equal("CN=a", Subject(certificate));
        _time.Advance(Interval);

        Assert.Equal("CN=b", Subject(certificate));
        Assert.Empty(_problems);
    }

    [Fact]
    public void Files_NotChanged_SameOneIsShown()
    {
        var certificate = Load("a");
        var first = certificate.Current(_problems.Add);

        _time.Advance(Interval);

        Assert.Same(first, certificate.Current(_problems.Add));
    }

    [Fact]
    public void Files_ChangeAndAreBroken_OldOneStaysAndItIsSaidOnce()
    {
        var certificate = Load("a");
        _files.Write("a.crt", "half of it");
        File.SetLastWriteTimeUtc(_files.Path("a.crt"), CertificateFixture.Start.UtcDateTime);

        for (var visit = 0; visit < 3; visit++)
        {
            _time.Advance(Interval);
            Assert.Equal("CN=a", Subject(certificate));
        }

        Assert.Contains("holds no certificate", Assert.Single(_problems), StringComparison.Ordinal);
        Replace("b");
        _time.Advance(Interval);
        Assert.Equal("CN=b", Subject(certificate));
    }

    [Fact]
    public void Files_Vanish_OldOneStays()
    {
        var certificate = Load("a");
        File.Delete(_files.Path("a.crt"));

        _time.Advance(Interval);

        Assert.Equal("CN=a", Subject(certificate));
    }

    public void Dispose() => _files.Dispose();

    private string Subject(ServerCertificate certificate) => certificate.Current(_problems.Add).TargetCertificate.Subject;

    private ServerCertificate Load(string name)
    {
        var (certificate, key) = _files.Create(name);
        var files = new CertificateFiles(new SettingValue(certificate, "--tls-certificate"), new SettingValue(key, "--tls-key"));
        return ServerCertificate.Load(files, _time, _problems)!;
    }

    private void Replace(string name)
    {
        var (certificate, key) = _files.Create(name);
        File.Move(certificate, _files.Path("a.crt"), overwrite: true);
        File.Move(key, _files.Path("a.key"), overwrite: true);

        // The file system's clock may be too coarse for a test.
        File.SetLastWriteTimeUtc(_files.Path("a.crt"), CertificateFixture.Start.UtcDateTime.AddSeconds(1));
    }
}
