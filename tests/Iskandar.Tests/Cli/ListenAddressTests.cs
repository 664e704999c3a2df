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
    [InlineData("")]
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
