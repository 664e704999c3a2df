using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Iskandar.Cli.Configuration;
using Iskandar.Client;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Cli.Http1;
using Iskandar.Tests.Client.Hosting;
using Iskandar.Tests.Infrastructure;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Iskandar.Tests.Cli;

/// <summary>Origins with TLS, whose certificate nobody has signed.</summary>
public sealed class ForwardedTlsTests
{
    private const string NoTls = "Does your app speak TLS, and HTTP/2 where";

    private static readonly Lazy<X509Certificate2> Certificate = new(MakeCertificate);

    [Theory]
    [InlineData("Auto", HttpProtocols.Http1AndHttp2, "HTTP/2")]
    [InlineData("Auto", HttpProtocols.Http1, "HTTP/1.1")]
    [InlineData("Auto", HttpProtocols.Http2, "HTTP/2")]
    [InlineData("Http1", HttpProtocols.Http1AndHttp2, "HTTP/1.1")]
    [InlineData("Http2", HttpProtocols.Http1AndHttp2, "HTTP/2")]
    public async Task Protocol_EachChoice_IsWhatTheOriginSees(string protocol, HttpProtocols spoken, string expected)
    {
        await using var stage = await StartAsync(protocol, spoken);

        Assert.Equal($"200 {expected} localhost:5001 .", string.Concat(await stage.ForwardAsync(new FakeExchange())));
    }

    [Theory]
    [InlineData(HttpProtocols.Http1, "HTTP/1.1 localhost:5001 trailersTE")]
    [InlineData(HttpProtocols.Http2, "HTTP/2 localhost:5001 trailers")]
    public async Task Trailers_VisitorTakesThem_TheAppIsTold(HttpProtocols spoken, string expected)
    {
        await using var stage = await StartAsync("Auto", spoken);

        Assert.Equal($"200 {expected}.", string.Concat(await stage.ForwardAsync(new FakeExchange("GET", "/", "", new Field("te", "trailers")))));
    }

    [Theory]
    [InlineData("websocket")]
    [InlineData("tcp")]
    public async Task Upgrade_AnyProtocol_BytesBothWays(string protocol)
    {
        await using var stage = await StartAsync("Auto", HttpProtocols.Http1AndHttp2, async context =>
        {
            context.Response.Headers.Upgrade = context.Request.Headers.Upgrade;
            await using var stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            await stream.SayAsync($"{context.Request.Headers.Origin} {await stream.HearAsync(5)}");
        });
        var (visitor, tunnel) = DuplexStream.CreatePair();
        var running = stage.ForwardAsync(new FakeExchange(
            "GET", "/", "", new Field("Host", "abc.example.com"), new Field("Upgrade", protocol), new Field("Origin", "https://abc.example.com"))
        {
            Upgraded = tunnel,
        });

        await visitor.SayAsync("hello");

        Assert.Equal("https://localhost:5001 hello", await visitor.HearToEndAsync());
        Assert.Equal(".", (await running)[^1]);
    }

    [Fact]
    public async Task Grpc_OriginWithoutHttp2_IsAFailureWithAdvice()
    {
        await using var stage = await StartAsync("Auto", HttpProtocols.Http1);

        var sent = await stage.ForwardAsync(new FakeExchange("POST", "/", "x", new Field("content-type", "application/grpc")));

        Assert.Equal(["failed origin_unreachable"], sent);
        Assert.StartsWith(NoTls, stage.LastFailure!.Advice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Auto")]
    [InlineData("Http1")]
    [InlineData("Http2")]
    public async Task Certificate_Unknown_IsRefusedWithAdvice(string protocol)
    {
        await using var stage = await StartAsync(protocol, HttpProtocols.Http1AndHttp2, verifies: true);

        Assert.Equal(["failed origin_unreachable"], await stage.ForwardAsync(new FakeExchange()));
        Assert.Equal((OriginFailure.Unreachable, 502), (stage.LastFailure!.Kind, stage.LastFailure.Status));
        Assert.StartsWith("its certificate is not good: ", stage.LastFailure.Reason, StringComparison.Ordinal);
        Assert.StartsWith("Have this machine trust the app's certificate", stage.LastFailure.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tls_OriginWithout_IsAFailureWithAdvice()
    {
        await using var stage = await OriginStage.StartAsync(
            static context => context.Response.WriteAsync("plain"), new OriginSettings(new Uri("https://localhost:5001"), HostField.Rewrite));

        Assert.Equal(["failed origin_unreachable"], await stage.ForwardAsync(new FakeExchange()));
        Assert.StartsWith(NoTls, stage.LastFailure!.Advice, StringComparison.Ordinal);
    }

    private static Task<OriginStage> StartAsync(string protocol, HttpProtocols spoken, RequestDelegate? app = null, bool verifies = false) => OriginStage.StartAsync(
        app ?? (static context => context.Response.WriteAsync(
            $"{context.Request.Protocol} {context.Request.Host} {context.Request.Headers.TE}{context.Request.Headers.Connection}")),
        new OriginSettings(new Uri("https://localhost:5001"), HostField.Rewrite, Enum.Parse<UpstreamProtocol>(protocol), verifies),
        listen =>
        {
            listen.Protocols = spoken;
            listen.UseHttps(Certificate.Value);
        });

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
