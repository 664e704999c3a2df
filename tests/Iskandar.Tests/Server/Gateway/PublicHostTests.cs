using System.Net;
using Iskandar.Server.Gateway;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Server.Gateway;

public sealed class PublicHostTests
{
    [Theory]
    [InlineData("tunnel.example.com", "Own", "")]
    [InlineData("TUNNEL.Example.COM", "Own", "")]
    [InlineData("tunnel.example.com.", "Own", "")]
    [InlineData("tunnel.example.com:8080", "Own", "")]
    [InlineData("198.51.100.1", "Own", "")]
    [InlineData("198.51.100.1:8080", "Own", "")]
    [InlineData("abc123.tunnel.example.com", "Tunnel", "abc123")]
    [InlineData("ABC123.Tunnel.example.com", "Tunnel", "ABC123")]
    [InlineData("abc123.tunnel.example.com:1", "Tunnel", "abc123")]
    [InlineData("abc123.tunnel.example.com.", "Tunnel", "abc123")]
    [InlineData("abc123.tunnel.example.com.:443", "Tunnel", "abc123")]
    [InlineData("a.abc123.tunnel.example.com", "Foreign", "")]
    [InlineData("www.example.com", "Foreign", "")]
    [InlineData("example.com", "Foreign", "")]
    [InlineData("com", "Foreign", "")]
    [InlineData("eviltunnel.example.com", "Foreign", "")]
    [InlineData("abc123.tunnel.example.com.evil.example", "Foreign", "")]
    [InlineData("localhost", "Foreign", "")]
    [InlineData("198.51.100.2", "Foreign", "")]
    [InlineData("127.0.0.1", "Foreign", "")]
    [InlineData("", "Foreign", "")]
    public void Read_Host_SaysWhatItStandsFor(string host, string kind, string name)
    {
        using var visitor = new Visitor(host: host);

        var read = new PublicHost("tunnel.example.com").Read(visitor.Context, out var tunnel);

        Assert.Equal((kind, name), (read.ToString(), tunnel.ToString()));
    }

    [Theory]
    [InlineData("xn--tnnel-kva.example.com", "Own")]
    [InlineData("XN--tnnel-kva.example.com:8080", "Own")]
    [InlineData("abc123.xn--tnnel-kva.example.com:8080", "Tunnel")]
    [InlineData("tunnel.example.com", "Foreign")]
    public void Read_InternationalizedDomain_Recognised(string host, string kind)
    {
        using var visitor = new Visitor(host: host);

        var read = new PublicHost(new Uri("https://tünnel.example.com").IdnHost).Read(visitor.Context, out _);

        Assert.Equal(kind, read.ToString());
    }

    [Theory]
    [InlineData("[2001:db8::1]", "2001:db8::1", true)]
    [InlineData("[2001:DB8:0::1]:8080", "2001:db8::1", true)]
    [InlineData("[2001:db8::2]", "2001:db8::1", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.2", "::ffff:192.0.2.1", false)]
    public void Read_LiteralAddress_OwnIfItIsTheServers(string host, string local, bool isOwn)
    {
        using var visitor = new Visitor(host: host);
        visitor.Context.Connection.LocalIpAddress = IPAddress.Parse(local);

        Assert.Equal(isOwn ? HostKind.Own : HostKind.Foreign, new PublicHost("localhost").Read(visitor.Context, out _));
    }
}
