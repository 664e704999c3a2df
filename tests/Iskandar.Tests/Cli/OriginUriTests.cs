using CsCheck;
using Iskandar.Cli.Forwarding;

namespace Iskandar.Tests.Cli;

public sealed class OriginUriTests
{
    private const string Visible = "/.?#@\\:%;=&!$'()*+,[]{}<>|^`~\"-_09afAFxyz";

    [Theory]
    [InlineData("/")]
    [InlineData("/a/../b/./c")]
    [InlineData("/..")]
    [InlineData("/../../etc/passwd")]
    [InlineData("//evil.example/x")]
    [InlineData("///")]
    [InlineData("/\\evil.example")]
    [InlineData("/@evil.example")]
    [InlineData("/:80@evil.example/")]
    [InlineData("/a%2Fb%2e%2E%7e")]
    [InlineData("/%")]
    [InlineData("/%zz?%")]
    [InlineData("/?")]
    [InlineData("/a?b?c=//d")]
    [InlineData("/a#b?c")]
    [InlineData("/a?b#c")]
    [InlineData("/{}|^`\"<>")]
    public void Create_AnyTarget_ReachesTheOriginByteForByte(string target)
    {
        var uri = OriginUri.Create("http://localhost:3000", target);

        Assert.Equal(target, uri.PathAndQuery);
        Assert.Equal("localhost:3000", uri.Authority);
        Assert.Equal("", uri.UserInfo);
    }

    [Fact]
    public void Create_RandomTargets_NeverChangeTheAuthority() =>
        Gen.Char[Visible].Array[0, 40].Sample(characters =>
        {
            var target = "/" + new string(characters);
            var uri = OriginUri.Create("https://127.0.0.1:5001", target);
            return uri.PathAndQuery == target && uri is { Host: "127.0.0.1", Port: 5001, UserInfo: "" };
        });

    [Fact]
    public void Create_Asterisk_IsTheRoot() => Assert.Equal("/", OriginUri.Create("http://localhost:3000", "*").PathAndQuery);

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("@evil.example/")]
    [InlineData(".evil.example/")]
    [InlineData("http://evil.example/")]
    public void Create_NotInOriginForm_Throws(string target) =>
        Assert.Throws<ArgumentException>(() => OriginUri.Create("http://localhost:3000", target));

    [Theory]
    [InlineData("http://localhost:3000/", "http://localhost:3000")]
    [InlineData("https://localhost/", "https://localhost")]
    [InlineData("http://[::1]:3000/", "http://[::1]:3000")]
    public void Prefix_Origin_EndsWithTheAuthority(string origin, string expected) => Assert.Equal(expected, OriginUri.Prefix(new Uri(origin)));
}
