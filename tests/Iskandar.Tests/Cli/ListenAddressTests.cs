using Iskandar.Cli.Configuration;

namespace Iskandar.Tests.Cli;

public sealed class ListenAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:8080", "127.0.0.1:8080")]
    [InlineData("0.0.0.0:80", "0.0.0.0:80")]
    [InlineData("[::1]:8080", "[::1]:8080")]
    [InlineData("localhost:8080", "localhost:8080")]
    [InlineData(":8080", "*:8080")]
    [InlineData("*:8080", "*:8080")]
    [InlineData("127.0.0.1:0", "127.0.0.1:0")]
    public void Parse_HostAndPort_IsAnAddress(string text, string expected) => Assert.Equal(expected, ListenAddress.Parse(text)?.ToString());

    [Theory]
    [InlineData("127.0.0.1:8080", "http://127.0.0.1:8080")]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080")]
    [InlineData("https://[::1]:8443", "https://[::1]:8443")]
    [InlineData("HTTPS://:8443", "https://*:8443")]
    [InlineData("h2c://localhost:8081", "h2c://localhost:8081")]
    public void Parse_WithAScheme_SaysWhatIsSpoken(string text, string expected) => Assert.Equal(expected, ListenAddress.Parse(text)?.Url);

    [Fact]
    public void WithRealPort_Scheme_IsKept() => Assert.Equal(ListenScheme.H2c, ListenAddress.Parse("h2c://127.0.0.1:0")!.WithRealPort().Scheme);

    [Theory]
    [InlineData("")]
    [InlineData("https://127.0.0.1")]
    [InlineData("https://127.0.0.1:8443/")]
    [InlineData("https://example.com:8443")]
    [InlineData("ws://127.0.0.1:8080")]
    [InlineData("://127.0.0.1:8080")]
    [InlineData("https://https://127.0.0.1:8080")]
    [InlineData("8080")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("1:8080")]
    [InlineData("::1:8080")]
    [InlineData("[127.0.0.1]:8080")]
    [InlineData("example.com:8080")]
    public void Parse_AnythingElse_IsNull(string text) => Assert.Null(ListenAddress.Parse(text));
}
