using System.Net;
using System.Net.Quic;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>How TLS is asked for, and what is said when it can't be had.</summary>
public class TlsTests
{
    [Fact]
    public async Task TlsOptions_AllWrong_AreAllReported()
    {
        using var expired = new TestCertificate(validForDays: -5);

        var missing = await ProcessUnderTest.RunAsync(
            ["server", "--listen", "https://127.0.0.1:1", "--tls-certificate", "none.crt", "--tls-key", "none.key", "--upgrades", "h2c", "--http3", "maybe"]);
        var old = await ProcessUnderTest.RunAsync(["server", "--listen", "https://127.0.0.1:1", .. expired.Options]);
        var none = await ProcessUnderTest.RunAsync(["server", "--listen", "https://127.0.0.1:1"]);

        Assert.Equal((2, 2, 2), (missing.ExitCode, old.ExitCode, none.ExitCode));
        Assert.All(
            (string[])["--tls-certificate: can't be read", "--tls-key: can't be read", "--upgrades: h2c can't cross", "--http3: expected on or off"],
            problem => Assert.Contains(problem, missing.Errors, StringComparison.Ordinal));
        Assert.Contains("--tls-certificate: the certificate in", old.Errors, StringComparison.Ordinal);
        Assert.Contains("--tls-certificate: expected a file", none.Errors, StringComparison.Ordinal);
        Assert.Contains("--tls-key: expected a file", none.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", missing.Errors + old.Errors + none.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http3_WhereTheSystemHasItNot_IsSaidAndTheRestServed()
    {
        Assert.SkipWhen(QuicListener.IsSupported, "This system has HTTP/3.");
        using var certificate = new TestCertificate();
        var port = Ports.Free();
        await using var server = await IskandarServer.StartAsync(["--listen", $"https://127.0.0.1:{port}", "--http3", "on", .. certificate.Options]);
        using var visitor = VisitorFactory.Create(port, HttpVersion.Version20);

        using var response = await visitor.GetAsync(new Uri($"https://localhost:{port}/health"), Bounded.Token());

        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (response.StatusCode, response.Version));
        Assert.Contains("HTTP/3 is off", server.Process.Errors.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http3_WhereTheSystemHasIt_IsServed()
    {
        Assert.SkipUnless(QuicListener.IsSupported, "This system has no HTTP/3.");
        using var certificate = new TestCertificate();
        var port = Ports.Free();
        await using var server = await IskandarServer.StartAsync(["--listen", $"https://127.0.0.1:{port}", "--http3", "on", .. certificate.Options]);
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, shown, _, _) => shown?.Subject == TestCertificate.Subject;
        using var visitor = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version30, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using var response = await visitor.GetAsync(new Uri($"https://localhost:{port}/health"), Bounded.Token());

        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version30), (response.StatusCode, response.Version));
    }
}
