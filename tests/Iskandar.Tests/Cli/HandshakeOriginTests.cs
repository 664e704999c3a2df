using Iskandar.Cli.Configuration;
using Iskandar.Cli.Forwarding;

namespace Iskandar.Tests.Cli;

public sealed class HandshakeOriginTests
{
    [Theory]
    [InlineData("rewrite", "https://abc.example.com", "http://localhost:3000")]
    [InlineData("rewrite", "http://ABC.example.com", "http://localhost:3000")]
    [InlineData("app.test:9000", "https://abc.example.com", "http://app.test:9000")]
    [InlineData("preserve", "https://abc.example.com", "https://abc.example.com")]
    public void PageOfThePublicHost_SeemsToBeOfTheHostThatTheOriginSees(string hostField, string sent, string expected) =>
        Assert.Equal(expected, HandshakeOrigin.Choose(sent, "abc.example.com", new Uri("http://localhost:3000"), HostField.Parse(hostField)!));

    [Theory]
    [InlineData("https://elsewhere.example")]
    [InlineData("https://abc.example.com.elsewhere.example")]
    [InlineData("https://abc.example.com:8443")]
    [InlineData("https://xabc.example.com")]
    [InlineData("null")]
    [InlineData("")]
    public void OtherPage_StaysWhatItIs(string sent) =>
        Assert.Equal(sent, HandshakeOrigin.Choose(sent, "abc.example.com", new Uri("http://localhost:3000"), HostField.Rewrite));

    [Fact]
    public void PublicHost_WithItsPort_Counts() => Assert.Equal(
        "https://localhost:5001", HandshakeOrigin.Choose("http://abc.localhost:8080", "abc.localhost:8080", new Uri("https://localhost:5001"), HostField.Rewrite));
}
