using Iskandar.Cli.Configuration;
using Iskandar.Server.Configuration;
using Microsoft.Extensions.Logging;

namespace Iskandar.Tests.Cli;

public sealed class ServerSettingsTests
{
    [Fact]
    public void Read_NothingSet_IsTheDefaults()
    {
        var (settings, problems) = Read([], [], "");

        Assert.Empty(problems);
        Assert.Equal("127.0.0.1:8080", Assert.Single(settings.Listen).ToString());
        Assert.Equal(LogLevel.Warning, settings.LogLevel);
        Assert.Equal(new Uri("http://localhost:8080"), Options(settings).PublicUrl);
        Assert.Equal(new IskandarServerOptions().MaxMessage, Options(settings).MaxMessage);
        Assert.Null(settings.Secret);
    }

    [Fact]
    public void Read_SetInEveryPlace_FlagBeforeVariableBeforeFile()
    {
        var (settings, problems) = Read(
            new() { ["max-tunnels"] = ["1"] },
            new() { ["ISKANDAR_MAX_TUNNELS"] = "2", ["ISKANDAR_MAX_EXCHANGES"] = "3" },
            "server: { max-tunnels: 4, max-exchanges: 5, max-message: 6MiB }");

        Assert.Empty(problems);
        var options = Options(settings);
        Assert.Equal((1, 3, 6 << 20), (options.MaxTunnels, options.MaxExchanges, options.MaxMessage));
    }

    [Fact]
    public void Read_EveryOption_IsSet()
    {
        var (settings, problems) = Read([], [], """
            server:
              public-url: https://tunnel.example.com
              listen: [127.0.0.1:1, "[::1]:2"]
              max-tunnels: 10
              max-exchanges: 11
              max-request-content: 12
              max-message: 1MiB
              max-fields: 3KiB
              max-buffered-responses: 2MiB
              max-buffered: 1GiB
              head-timeout: 13s
              idle-timeout: 2m
              drain-timeout: 500ms
              trusted-proxies: 10.0.0.0/8, 127.0.0.1
              upgrades: [connect-udp, websocket]
              log: debug
            """);

        Assert.Empty(problems);
        var options = Options(settings);
        Assert.Equal(new Uri("https://tunnel.example.com"), options.PublicUrl);
        Assert.Equal(["127.0.0.1:1", "[::1]:2"], settings.Listen.Select(address => address.ToString()));
        Assert.Equal((10, 11, 12, 1 << 20), (options.MaxTunnels, options.MaxExchanges, options.MaxRequestContent, options.MaxMessage));
        Assert.Equal((3 << 10, 2L << 20, 1L << 30), (options.MaxFields, options.MaxBufferedResponses, options.MaxBuffered));
        Assert.Equal(TimeSpan.FromSeconds(13), options.HeadTimeout);
        Assert.Equal(TimeSpan.FromMinutes(2), options.IdleTimeout);
        Assert.Equal(TimeSpan.FromMilliseconds(500), options.DrainTimeout);
        Assert.Equal(["10.0.0.0/8", "127.0.0.1"], options.TrustedProxies);
        Assert.Equal(["connect-udp", "websocket"], options.Upgrades);
        Assert.Equal(LogLevel.Debug, settings.LogLevel);
    }

    [Fact]
    public void Read_IdleTimeoutOff_IsNoLimit()
    {
        var (settings, problems) = Read(new() { ["idle-timeout"] = ["off"] }, [], "");

        Assert.Empty(problems);
        Assert.Null(Options(settings).IdleTimeout);
    }

    [Theory]
    [InlineData("404", 404)]
    [InlineData("421", 421)]
    [InlineData("503", 503)]
    public void Read_LinkAndRestartOptions_AreApplied(string status, int expected)
    {
        var (settings, problems) = Read(
            new() { ["missing-tunnel-status"] = [status], ["link-timeout"] = ["0s"], ["ping-interval"] = ["2s"], ["ping-timeout"] = ["4s"] }, [], "");

        Assert.Empty(problems);
        var options = Options(settings);
        Assert.Equal(
            (expected, TimeSpan.Zero, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4)),
            (options.MissingTunnelStatus, options.LinkTimeout, options.PingInterval, options.PingTimeout));
    }

    [Theory]
    [InlineData("500")]
    [InlineData("1421")]
    [InlineData("")]
    public void Read_MissingTunnelStatusThatIsNone_IsRefused(string status)
    {
        var (_, problems) = Read(new() { ["missing-tunnel-status"] = [status] }, [], "");

        Assert.StartsWith("--missing-tunnel-status: expected 404, 421 or 503", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BadInEveryPlace_AllReportedWithTheirPlaces()
    {
        var (_, problems) = Read(
            new() { ["max-message"] = ["4x"], ["max-tunnels"] = ["0"], ["listen"] = ["nowhere"] },
            new() { ["ISKANDAR_HEAD_TIMEOUT"] = "0s", ["ISKANDAR_LOG"] = "loud" },
            """
            server:
              drain-timeout: 2h
              max-exchange: 3
            """);

        Assert.Equal(
            [
                "test.yml:3: server has no setting \"max-exchange\"",
                "--listen: expected host:port",
                "ISKANDAR_LOG: expected one of",
                "--max-message: expected a size",
                "--max-tunnels: expected 1 to 1,000,000, got 0.",
                "ISKANDAR_HEAD_TIMEOUT: expected 1 s to 86,400 s, got 0 s.",
                "test.yml:2: server.drain-timeout: expected 0 s to 3,600 s, got 7,200 s.",
            ],
            problems,
            (expected, actual) => actual.Replace("7200", "7,200", StringComparison.Ordinal).StartsWith(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_ListenWithoutPublicUrl_PublicUrlHasItsPort()
    {
        var (settings, _) = Read(new() { ["listen"] = ["127.0.0.1:9000,127.0.0.1:9001"] }, [], "");

        Assert.Equal(new Uri("http://localhost:9000"), Options(settings).PublicUrl);
        Assert.Equal(2, settings.Listen.Count);
    }

    [Theory]
    [InlineData("off", "")]
    [InlineData("irc", "irc")]
    public void Read_Upgrades_InPlaceOfTheDefault(string text, string expected)
    {
        var (settings, problems) = Read(new() { ["upgrades"] = [text] }, [], "");

        Assert.Empty(problems);
        Assert.Equal(expected, string.Join(' ', Options(settings).Upgrades));
    }

    [Fact]
    public void Read_UpgradeToHttp_IsRefusedWithItsPlace()
    {
        var (_, problems) = Read([], new() { ["ISKANDAR_UPGRADES"] = "websocket,h2c" }, "");

        Assert.StartsWith("ISKANDAR_UPGRADES: h2c can't cross a tunnel", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SecretFile_IsTaken()
    {
        using var folder = new TemporaryFolder();
        var text = Convert.ToBase64String(new byte[40]);

        var (settings, problems) = Read([], [], $"server: {{ secret-file: '{folder.Write("secret", text)}' }}");

        Assert.Empty(problems);
        Assert.Equal(new byte[40], settings.Secret!.Bytes);
    }

    [Fact]
    public void Read_SecretFileOfNoUse_IsRefusedWithItsPlaceAndNotShown()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("secret", "too short");

        var (settings, problems) = Read([], new() { ["ISKANDAR_SECRET_FILE"] = path }, "");

        Assert.Null(settings.Secret);
        Assert.StartsWith($"ISKANDAR_SECRET_FILE: {path} holds no secret", Assert.Single(problems), StringComparison.Ordinal);
        Assert.DoesNotContain("too short", problems[0], StringComparison.Ordinal);
    }

    [Fact]
    public void All_Names_AreThoseOfTheOptions()
    {
        // A secret is set by the file that holds it, and where work runs and how long it waits isn't a user's to choose.
        var kebab = typeof(IskandarServerOptions).GetProperties()
            .Where(property => property.Name is not (nameof(IskandarServerOptions.NameSecret) or nameof(IskandarServerOptions.Scheduler) or nameof(IskandarServerOptions.MoreExpected)))
            .Select(property => string.Concat(property.Name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : $"{c}")));

        Assert.Equal(kebab.Concat(["listen", "tls-certificate", "tls-key", "http3", "secret-file", "log"]).Order(), ServerSettings.All.Select(setting => setting.Name).Order());
    }

    private static IskandarServerOptions Options(ServerSettings settings)
    {
        var options = new IskandarServerOptions();
        settings.Apply(options);
        return options;
    }

    private static (ServerSettings Settings, List<string> Problems) Read(
        Dictionary<string, IReadOnlyList<string>> flags, Dictionary<string, string> environment, string file)
    {
        var problems = new List<string>();
        var section = ConfigurationFile.Parse(new StringReader(file), "test.yml", "server", problems);
        return (ServerSettings.Read(new SettingReader(flags, environment.GetValueOrDefault, section), problems), problems);
    }
}
