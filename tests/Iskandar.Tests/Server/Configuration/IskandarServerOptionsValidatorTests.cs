using Iskandar.Server.Configuration;

namespace Iskandar.Tests.Server.Configuration;

public sealed class IskandarServerOptionsValidatorTests
{
    private static readonly IskandarServerOptionsValidator Validator = new();

    [Fact]
    public void Defaults_Valid() => Assert.True(Validator.Validate(null, new IskandarServerOptions()).Succeeded);

    [Fact]
    public void Everything_Wrong_AllOfItToldAtOnce()
    {
        var options = new IskandarServerOptions
        {
            PublicUrl = new Uri("ftp://tunnel.example.com"),
            MaxTunnels = 0,
            MaxExchanges = 100_001,
            MaxRequestContent = -1,
            MaxMessage = 1,
            MaxFields = (96 * 1024) + 1,
            MaxBufferedResponses = 0,
            MaxBuffered = 1,
            HeadTimeout = TimeSpan.Zero,
            IdleTimeout = TimeSpan.FromDays(2),
            DrainTimeout = TimeSpan.FromHours(2),
            LinkTimeout = TimeSpan.FromHours(2),
            PingInterval = TimeSpan.Zero,
            PingTimeout = TimeSpan.FromMilliseconds(500),
            MissingTunnelStatus = 500,
            NameSecret = new byte[31],
        };
        options.TrustedProxies.Add("10.0.0.0/33");
        options.TrustedProxies.Add("127.0.0.1");
        options.TrustedProxies.Add("proxy.example.com");
        options.Upgrades.Add("h2c");

        var failures = Validator.Validate(null, options).Failures!.ToArray();

        Assert.Equal(19, failures.Length);
        foreach (var option in (string[])[
            "public-url", "max-tunnels", "max-exchanges", "max-request-content", "max-message", "max-fields", "max-buffered-responses",
            "max-buffered", "head-timeout", "idle-timeout", "drain-timeout", "link-timeout", "ping-interval",
            "ping-timeout", "missing-tunnel-status", "upgrades", "name-secret"])
        {
            Assert.Single(failures, failure => failure.StartsWith($"{option}: ", StringComparison.Ordinal));
        }

        Assert.Equal(2, failures.Count(static failure => failure.StartsWith("trusted-proxies: ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("http://localhost:8080", true)]
    [InlineData("https://tunnel.example.com", true)]
    [InlineData("https://tunnel.example.com/", true)]
    [InlineData("https://tünnel.example.com", true)]
    [InlineData("/relative", false)]
    [InlineData("tunnel.example.com", false)]
    [InlineData("ws://tunnel.example.com", false)]
    [InlineData("https://tunnel.example.com/path", false)]
    [InlineData("https://tunnel.example.com/?query", false)]
    [InlineData("https://tunnel.example.com/#fragment", false)]
    [InlineData("https://user:secret@tunnel.example.com", false)]
    [InlineData("https://192.0.2.1", false)]
    [InlineData("https://[2001:db8::1]", false)]
    public void PublicUrl_Text_Judged(string url, bool valid)
    {
        var options = new IskandarServerOptions { PublicUrl = new Uri(url, UriKind.RelativeOrAbsolute) };

        Assert.Equal(valid, Validator.Validate(null, options).Succeeded);
    }

    [Theory]
    [InlineData("websocket", true)]
    [InlineData("connect-udp", true)]
    [InlineData("irc/6.9", true)]
    [InlineData("h2c", false)]
    [InlineData("H2C", false)]
    [InlineData("h2", false)]
    [InlineData("http/2.0", false)]
    [InlineData("HTTP", false)]
    [InlineData("", false)]
    [InlineData("two words", false)]
    [InlineData("a/b/c", false)]
    [InlineData("a/", false)]
    public void Upgrades_Protocol_JudgedByItsName(string protocol, bool valid)
    {
        var options = new IskandarServerOptions();
        options.Upgrades.Add(protocol);

        Assert.Equal(valid, Validator.Validate(null, options).Succeeded);
    }

    [Fact]
    public void Limits_AtTheirBounds_Valid()
    {
        foreach (var options in (IskandarServerOptions[])[
            new()
            {
                MaxTunnels = 1,
                MaxExchanges = 1,
                MaxRequestContent = 0,
                MaxMessage = 64 * 1024,
                MaxFields = 1024,
                MaxBufferedResponses = 1024 * 1024,
                MaxBuffered = 16 * 1024 * 1024,
                HeadTimeout = TimeSpan.FromSeconds(1),
                IdleTimeout = TimeSpan.FromSeconds(1),
                DrainTimeout = TimeSpan.Zero,
                NameSecret = new byte[32],
            },
            new()
            {
                MaxTunnels = 1_000_000,
                MaxExchanges = 100_000,
                MaxMessage = 1 << 30,
                MaxFields = 96 * 1024,
                MaxBufferedResponses = 16L << 30,
                MaxBuffered = 1L << 40,
                HeadTimeout = TimeSpan.FromDays(1),
                IdleTimeout = TimeSpan.FromDays(1),
                DrainTimeout = TimeSpan.FromHours(1),
            }])
        {
            Assert.True(Validator.Validate(null, options).Succeeded);
        }
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("10.0.0.0/8")]
    [InlineData("2001:db8::/32")]
    public void TrustedProxy_AddressOrNetwork_Valid(string proxy)
    {
        var options = new IskandarServerOptions();
        options.TrustedProxies.Add(proxy);

        Assert.True(Validator.Validate(null, options).Succeeded);
    }
}
