using System.Text;
using Iskandar.Protocol.Json;

namespace Iskandar.Tests.Protocol.Json;

public sealed class JsonRegistrationTests
{
    [Theory]
    [InlineData("""{"subdomain":"abc123"}""")]
    [InlineData("""{"subdomain":"abc123","url":null,"maxMessage":null,"window":null}""")]
    [InlineData("""{"type":"registration","version":[1,{"a":null}],"subdomain":"abc123","limits":{"url":1}}""")]
    public void Registration_NameAndUnknownMembers_Taken(string text)
    {
        var registration = Read(text)!;

        Assert.Equal(("abc123", null, null, null), (registration.Subdomain, registration.Url, registration.MaxMessage, registration.Window));
    }

    [Fact]
    public void Registration_Everything_Taken()
    {
        var registration = Read("""{"window":262144,"maxMessage":16777216,"url":"https://a.example.com","subdomain":"https://b.example.com"}""")!;

        Assert.Equal(
            ("https://b.example.com", "https://a.example.com", 16777216L, 262144L),
            (registration.Subdomain, registration.Url, registration.MaxMessage, registration.Window));
    }

    [Fact]
    public void Registration_LimitsBeyond32Bits_Taken()
    {
        // An integer without an upper bound in docs/protocol.md; a server may well take 4 GiB.
        var registration = Read("""{"subdomain":"abc123","maxMessage":4294967296,"window":4294967296}""");

        Assert.Equal((4294967296, 4294967296), (registration!.MaxMessage!.Value, registration.Window!.Value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"abc123\"")]
    [InlineData("{}")]
    [InlineData("""{"subdomain":""}""")]
    [InlineData("""{"subdomain":null}""")]
    [InlineData("""{"subdomain":1}""")]
    [InlineData("""{"url":"https://a.example.com"}""")]
    [InlineData("""{"Subdomain":"abc123"}""")]
    [InlineData("""{"subdomain":"abc123","maxMessage":"big"}""")]
    [InlineData("""{"subdomain":"abc123"} x""")]
    [InlineData("""{"type":"request","id":"1","method":"GET","path":"/"}""")]
    public void Registration_AnythingElse_IsNone(string text) => Assert.Null(Read(text));

    private static Iskandar.Protocol.Messages.Registration? Read(string text) => JsonRegistration.Read(Encoding.UTF8.GetBytes(text));
}
