using Iskandar.Client.Connecting;
using Iskandar.Protocol.Messages;

namespace Iskandar.Tests.Client.Connecting;

public sealed class PublicUrlTests
{
    [Theory]
    [InlineData("abc123", null, "http://localhost:8080", "http://abc123.localhost:8080/")]
    [InlineData("abc123", null, "https://tunnel.example.com", "https://abc123.tunnel.example.com/")]
    [InlineData("abc123", null, "http://tunnel.example.com", "http://abc123.tunnel.example.com/")]
    [InlineData("abc123", "https://abc123.other.example.com", "http://localhost:8080", "https://abc123.other.example.com/")]
    [InlineData("abc123", "http://abc123.localhost:8080", "http://127.0.0.1:8080", "http://abc123.localhost:8080/")]
    [InlineData("https://abc123.tunnel.example.com", null, "http://localhost:8080", "https://abc123.tunnel.example.com/")]
    [InlineData("https://abc123.tunnel.example.com", "http://url.example.com:81", "http://localhost:8080", "http://url.example.com:81/")]
    [InlineData("abc123.tunnel.example.com", null, "https://tunnel.example.com", "https://abc123.tunnel.example.com/")]
    [InlineData("abc123", "", "http://localhost:8080", "http://abc123.localhost:8080/")]
    [InlineData("abc123", "not a url", "http://localhost:8080", "http://abc123.localhost:8080/")]
    [InlineData("abc123", "ftp://abc123.localhost", "http://localhost:8080", "http://abc123.localhost:8080/")]
    [InlineData("abc123", "javascript:alert(1)", "http://localhost:8080", "http://abc123.localhost:8080/")]
    public void From_Registration_WhereVisitorsReachIt(string subdomain, string? url, string server, string expected) =>
        Assert.Equal(expected, PublicUrl.From(new Registration { Subdomain = subdomain, Url = url }, new Uri(server)).AbsoluteUri);

    [Theory]
    [InlineData("not a host")]
    [InlineData("a/b")]
    [InlineData("a:b:c.example.com")]
    [InlineData("<script>")]
    [InlineData("ftp://abc123.example.com")]
    [InlineData("a.b/c")]
    [InlineData("user@abc123.example.com/")]
    public void From_SubdomainThatIsNoHost_TheServersOwn(string subdomain)
    {
        // What a server says must not end the client: this is only shown to a person.
        Assert.Equal("http://localhost:8080/", PublicUrl.From(new Registration { Subdomain = subdomain }, new Uri("http://localhost:8080")).AbsoluteUri);
    }
}
