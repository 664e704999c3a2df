using Iskandar.Client.Hosting;

namespace Iskandar.Tests.Client.Hosting;

public sealed class RequestPathTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("*", "")]
    [InlineData("/a/b", "/a/b")]
    [InlineData("/a/b?c=/../d", "/a/b")]
    [InlineData("/?a", "/")]
    [InlineData("/a//b/", "/a//b/")]
    [InlineData("//a", "//a")]
    [InlineData("/a%20b", "/a b")]
    [InlineData("/%C3%A9", "/é")]
    [InlineData("/%E2%82%AC", "/€")]
    [InlineData("/a%3Fb", "/a?b")]
    [InlineData("/a%23b", "/a#b")]
    [InlineData("/a%25b", "/a%b")]
    [InlineData("/a+b", "/a+b")]
    [InlineData("/%", "/%")]
    [InlineData("/%zz", "/%zz")]
    [InlineData("/%ff", "/%ff")]
    [InlineData("/a%2Fb", "/a%2Fb")]
    [InlineData("/.", "/")]
    [InlineData("/..", "/")]
    [InlineData("/a/.", "/a/")]
    [InlineData("/a/..", "/")]
    [InlineData("/a/./b", "/a/b")]
    [InlineData("/a/../b", "/b")]
    [InlineData("/a/b/../../c", "/c")]
    [InlineData("/../../etc/passwd", "/etc/passwd")]
    [InlineData("/a/%2e%2e/b", "/b")]
    [InlineData("/%2E%2E/%2e/b", "/b")]
    [InlineData("/..%2F..%2Fetc", "/..%2F..%2Fetc")]
    [InlineData("/.a/..b/c.", "/.a/..b/c.")]
    [InlineData("/a/...", "/a/...")]
    [InlineData("/a\\..\\b", "/a\\..\\b")]
    public void Decode_Target_PathAsAspNetCoreWantsIt(string target, string expected) => Assert.Equal(expected, RequestPath.Decode(target));

    [Fact]
    public void Decode_EncodedSlash_CaseIsKeptOrRaisedButNeverDecoded() =>
        Assert.Equal("/a%2fb", RequestPath.Decode("/a%2fb"), ignoreCase: true);
}
