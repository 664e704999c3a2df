using Iskandar.Cli.Configuration;
using Iskandar.Client;
using Microsoft.Extensions.Logging;

namespace Iskandar.Tests.Cli;

public sealed class ClientSettingsTests
{
    [Fact]
    public void Read_NothingSet_IsTheDefaults()
    {
        var (settings, problems) = Read("");

        Assert.Empty(problems);
        Assert.Equal(new ClientSettings(new Uri("http://localhost:8080"), HostField.Rewrite, LocationField.Rewrite, TunnelEncoding.Binary, UpstreamProtocol.Auto, null, false, null, LogLevel.Warning), settings);
    }

    [Fact]
    public void Read_File_IsTaken()
    {
        var (settings, problems) = Read("client: { server: https://tunnel.example.com, host-header: preserve, location-header: preserve, encoding: json, upstream-protocol: http2, upstream-tls-verify: on, new-name: on, max-reconnect-time: 10m, log: none }");

        Assert.Empty(problems);
        Assert.Equal(new ClientSettings(new Uri("https://tunnel.example.com"), HostField.Preserve, LocationField.Preserve, TunnelEncoding.Json, UpstreamProtocol.Http2, true, true, TimeSpan.FromMinutes(10), LogLevel.None), settings);
    }

    [Fact]
    public void Read_AllBad_AllReported()
    {
        var (_, problems) = Read("client: { server: https://tunnel.example.com/path, host-header: a/b, location-header: drop, encoding: xml, upstream-protocol: spdy, upstream-tls-verify: maybe, new-name: please, max-reconnect-time: ever, log: loud }");

        Assert.Equal(
            ["client.server", "client.host-header", "client.location-header", "client.encoding", "client.upstream-protocol", "client.upstream-tls-verify", "client.new-name", "client.max-reconnect-time", "client.log"],
            problems.Select(problem => problem.Split(": ")[1]));
        Assert.EndsWith("expected auto, http1 or http2, got \"spdy\".", problems[4], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("off", null, false)]
    [InlineData("1s", 1.0, false)]
    [InlineData("90", 90.0, false)]
    [InlineData("999ms", 0.999, true)]
    [InlineData("0", 0.0, true)]
    public void Read_MaxReconnectTime_OffOrAtLeastASecond(string text, double? seconds, bool isWrong)
    {
        var (settings, problems) = Read($"client: {{ max-reconnect-time: {text} }}");

        Assert.Equal((seconds, isWrong), (settings.MaxReconnectTime?.TotalSeconds, problems.Count > 0));
    }

    [Theory]
    [InlineData("https://localhost:5001", null, false, true)]
    [InlineData("https://127.0.0.1:5001", null, false, true)]
    [InlineData("https://[::1]:5001", null, false, true)]
    [InlineData("https://localhost:5001", false, false, true)]
    [InlineData("https://localhost:5001", true, true, false)]
    [InlineData("https://app.test", null, true, false)]
    [InlineData("https://app.test", true, true, false)]
    [InlineData("https://10.0.0.7:5001", null, true, false)]
    [InlineData("http://localhost:5000", null, false, false)]
    public void ForOrigin_Certificate_IsVerifiedUnlessOnThisMachine(string origin, bool? verify, bool expected, bool isUnverified)
    {
        var settings = Read("").Settings with { UpstreamTlsVerify = verify };

        var upstream = settings.ForOrigin(new Uri(origin), out var problem);

        Assert.Null(problem);
        Assert.Equal((expected, isUnverified), (upstream.VerifiesCertificate, upstream.IsUnverified));
    }

    [Fact]
    public void ForOrigin_NotVerifiedElsewhere_IsAProblem()
    {
        var settings = Read("").Settings with { UpstreamTlsVerify = false };

        settings.ForOrigin(new Uri("https://app.test"), out var problem);

        Assert.StartsWith("--upstream-tls-verify off is only for apps on this machine, and app.test is not this machine.", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rewrite", null)]
    [InlineData("preserve", "public.example.com")]
    [InlineData("app.test:3000", "app.test:3000")]
    public void Choose_EachMode_IsItsHost(string mode, string? expected) =>
        Assert.Equal(expected, HostField.Parse(mode)?.Choose("public.example.com"));

    private static (ClientSettings Settings, List<string> Problems) Read(string file)
    {
        var problems = new List<string>();
        var section = ConfigurationFile.Parse(new StringReader(file), "test.yml", "client", problems);
        var reader = new SettingReader(new Dictionary<string, IReadOnlyList<string>>(), _ => null, section);
        return (ClientSettings.Read(reader, problems), problems);
    }
}
