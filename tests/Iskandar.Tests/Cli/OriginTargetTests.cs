using Iskandar.Cli.Configuration;

namespace Iskandar.Tests.Cli;

public sealed class OriginTargetTests
{
    [Theory]
    [InlineData("3000", "http://localhost:3000/")]
    [InlineData("65535", "http://localhost:65535/")]
    [InlineData("localhost:5000", "http://localhost:5000/")]
    [InlineData("192.168.1.7:80", "http://192.168.1.7/")]
    [InlineData("[::1]:3000", "http://[::1]:3000/")]
    [InlineData("my-app.test:8080", "http://my-app.test:8080/")]
    [InlineData("http://localhost", "http://localhost/")]
    [InlineData("https://localhost:5001", "https://localhost:5001/")]
    [InlineData("https://localhost:5001/", "https://localhost:5001/")]
    public void Parse_PortHostAndPortOrUrl_IsTheOrigin(string text, string expected)
    {
        Assert.Equal(expected, OriginTarget.Parse(text, out var problem)?.AbsoluteUri);
        Assert.Null(problem);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("-1")]
    [InlineData("+3000")]
    [InlineData(" 3000")]
    [InlineData("localhost")]
    [InlineData(":3000")]
    [InlineData("localhost:")]
    [InlineData("localhost:0")]
    [InlineData("localhost:3000/path")]
    [InlineData("user@localhost:3000")]
    [InlineData("http://localhost:3000/path")]
    [InlineData("http://localhost:3000?query")]
    [InlineData("http://localhost:3000?")]
    [InlineData("http://localhost:3000#fragment")]
    [InlineData("http://user:secret@localhost:3000")]
    [InlineData("http://@localhost:3000")]
    [InlineData("http://localhost:0")]
    [InlineData("ftp://localhost:21")]
    [InlineData("http://")]
    public void Parse_AnythingElse_SaysWhatWasGivenAndWhatIsExpected(string text)
    {
        Assert.Null(OriginTarget.Parse(text, out var problem));
        Assert.Contains($"\"{text}\"", problem, StringComparison.Ordinal);
        Assert.Contains("Example: iskandar http 3000", problem, StringComparison.Ordinal);
    }
}
