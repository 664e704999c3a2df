using System.Net;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Server.Configuration;
using Iskandar.Server.Gateway;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Server.Gateway;

/// <summary>What of a visitor's request crosses the tunnel.</summary>
public sealed class VisitorRequestTests
{
    private const int MaxFields = 1000;

    [Fact]
    public void Head_OrdinaryRequest_ByteForByte()
    {
        using var visitor = new Visitor("M-SEARCH", "/a//b/../%7Euser/%2f?q=%20&x", "ABC123.localhost:8080");
        visitor.With("Host", "ABC123.localhost:8080").With("Accept", "a", "b").With("X-Empty", "").With("X-Obs", "é");

        var head = Read(visitor);

        Assert.Equal(("M-SEARCH", "/a//b/../%7Euser/%2f?q=%20&x"), (head.Method, head.Target));
        Assert.Equal(["ABC123.localhost:8080"], Values(head, "Host"));
        Assert.Equal(["a", "b"], Values(head, "Accept"));
        Assert.Equal([""], Values(head, "X-Empty"));
        Assert.Equal(["é"], Values(head, "X-Obs"));
    }

    [Theory]
    [InlineData("Connection", "close")]
    [InlineData("Keep-Alive", "timeout=5")]
    [InlineData("Proxy-Connection", "keep-alive")]
    [InlineData("TE", "gzip")]
    [InlineData("Transfer-Encoding", "chunked")]
    [InlineData("Upgrade", "h2c")]
    [InlineData("HTTP2-Settings", "AAMAAABkAAQAAP__")]
    [InlineData("Expect", "100-continue")]
    [InlineData("Forwarded", "for=10.0.0.1")]
    [InlineData("forwarded", "for=10.0.0.1")]
    [InlineData("X-Forwarded-For", "10.0.0.1")]
    [InlineData("x-forwarded-proto", "https")]
    [InlineData("X-Forwarded-Host", "bank.example.com")]
    [InlineData("X-Forwarded-Port", "443")]
    [InlineData("X-Original-Host", "bank.example.com")]
    [InlineData("Iskandar-Error", "tunnel_not_found")]
    [InlineData("iskandar-anything", "1")]
    public void Field_NotTheVisitorsToSend_Dropped(string name, string value)
    {
        using var visitor = new Visitor().With(name, value);

        Assert.DoesNotContain(value, Values(Read(visitor), name));
    }

    [Fact]
    public void Field_NamedByConnection_Dropped()
    {
        using var visitor = new Visitor().With("Connection", "close, X-Hop", "x-other").With("X-Hop", "1").With("X-Other", "2").With("X-Stays", "3");

        var head = Read(visitor);

        Assert.Empty(Values(head, "X-Hop"));
        Assert.Empty(Values(head, "X-Other"));
        Assert.Equal(["3"], Values(head, "X-Stays"));
    }

    [Fact]
    public void Field_ThatGivesTheRequestItsMeaning_StaysWhateverConnectionNames()
    {
        using var visitor = new Visitor().With("Connection", "Authorization, Cookie, Host, Content-Length").With("Authorization", "Basic x").With("Cookie", "a=1");

        var head = Read(visitor);

        Assert.Equal(["Basic x"], Values(head, "Authorization"));
        Assert.Equal(["a=1"], Values(head, "Cookie"));
    }

    [Theory]
    [InlineData("Cookie")]
    [InlineData("cookie")]
    public void Cookie_OnSeveralLines_OneLineCrosses(string name)
    {
        using var visitor = new Visitor().With(name, "a=1", "b=2; c=3", "d=4").With("Accept", "x", "y");

        var head = Read(visitor);

        Assert.Equal(["a=1; b=2; c=3; d=4"], Values(head, "Cookie"));
        Assert.Equal(["x", "y"], Values(head, "Accept"));
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    public void Forwarded_WhateverTheVisitorSays_TheTruth(string address, string expected)
    {
        using var visitor = new Visitor(host: "Abc123.example.com:8080")
            .With("X-Forwarded-For", "10.0.0.1").With("X-Forwarded-Proto", "gopher").With("X-Forwarded-Host", "bank.example.com");
        visitor.Context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        visitor.Context.Request.Scheme = "https";

        var head = Read(visitor);

        Assert.Equal([expected], Values(head, "X-Forwarded-For"));
        Assert.Equal(["https"], Values(head, "X-Forwarded-Proto"));
        Assert.Equal(["Abc123.example.com:8080"], Values(head, "X-Forwarded-Host"));
    }

    [Theory]
    [InlineData("HTTP/1.0", "1.0 iskandar")]
    [InlineData("HTTP/1.1", "1.1 iskandar")]
    [InlineData("HTTP/2", "2 iskandar")]
    [InlineData("HTTP/3", "3 iskandar")]
    public void Via_AnyVersion_OursBehindThoseBefore(string protocol, string expected)
    {
        using var visitor = new Visitor().With("Via", "1.1 proxy", "1.0 other").With("Accept", "a");
        visitor.Context.Request.Protocol = protocol;

        Assert.Equal(["1.1 proxy", "1.0 other", expected], Values(Read(visitor, options: new IskandarServerOptions()), "Via"));
    }

    [Fact]
    public void Via_Off_ThoseBefore()
    {
        using var visitor = new Visitor().With("Via", "1.1 proxy");

        Assert.Equal(["1.1 proxy"], Values(Read(visitor, options: new IskandarServerOptions { Via = null }), "Via"));
    }

    [Theory]
    [InlineData("192.0.2.7", "for=192.0.2.7;host=\"a.example:8080\";proto=https")]
    [InlineData("2001:db8::1", "for=\"[2001:db8::1]\";host=\"a.example:8080\";proto=https")]
    public void Forwarded_AskedFor_InTheFormOfTheStandard(string address, string expected)
    {
        using var visitor = new Visitor(host: "a.example:8080").With("Forwarded", "for=10.0.0.1").With("X-Forwarded-For", "10.0.0.1");
        visitor.Context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        visitor.Context.Request.Scheme = "https";

        var head = Read(visitor, options: new IskandarServerOptions { ForwardedFields = ForwardedFields.Forwarded });

        Assert.Equal([expected], Values(head, "Forwarded"));
        Assert.Empty(Values(head, "X-Forwarded-For"));
        Assert.Equal([expected], Values(Read(visitor, options: new IskandarServerOptions { ForwardedFields = ForwardedFields.Both }), "Forwarded"));
        Assert.Equal([address], Values(Read(visitor, options: new IskandarServerOptions { ForwardedFields = ForwardedFields.Both }), "X-Forwarded-For"));
    }

    [Theory]
    [InlineData("trailers")]
    [InlineData("gzip;q=0.5, Trailers")]
    public void TE_TakesTrailers_ThatAlone(string value)
    {
        using var visitor = new Visitor().With("TE", value).With("Connection", "TE");

        Assert.Equal(["trailers"], Values(Read(visitor), "TE"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Expect_Continue_CrossesWhenTheClientCanAsk(bool isAwaited)
    {
        using var visitor = new Visitor("PUT").With("Expect", "100-Continue");

        Assert.Equal(isAwaited ? ["100-continue"] : [], Values(Read(visitor, isAwaited: isAwaited), "Expect"));
    }

    [Theory]
    [InlineData("/", "/")]
    [InlineData("*", "*")]
    [InlineData("/?u=http://other.example.com/", "/?u=http://other.example.com/")]
    [InlineData("//other.example.com/a", "//other.example.com/a")]
    [InlineData("http://abc123.localhost/a/b?c=d", "/a/b?c=d")]
    [InlineData("HTTP://abc123.localhost:8080/%7E", "/%7E")]
    [InlineData("https://abc123.localhost", "/")]
    [InlineData("http://abc123.localhost?q", "/?q")]
    [InlineData("http://user:pw@abc123.localhost/a", "/a")]
    public void Target_AnyForm_InOriginForm(string target, string expected)
    {
        using var visitor = new Visitor(target: target);

        Assert.Equal(expected, Read(visitor).Target);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("other.example.com:443")]
    [InlineData("/a b")]
    [InlineData("/é")]
    [InlineData("/a\r\nb")]
    public void Target_NotAllowed_RequestInvalid(string target)
    {
        using var visitor = new Visitor(target: target);

        Assert.Equal(ExchangeError.RequestInvalid, TryRead(visitor, new RequestHead()));
    }

    [Theory]
    [InlineData(0, ExchangeError.None)]
    [InlineData(1, ExchangeError.RequestHeadTooLarge)]
    public void Fields_AtTheLimitAndBeyond_NameValueAndFourForEach(int beyond, ExchangeError expected)
    {
        using var visitor = new Visitor(host: "a.example").With("X-Forwarded-For", new string('d', MaxFields)).With("X-A", "", "1");
        var ours = ("X-A" + "    " + "X-A" + "    " + "1" + "X-B" + "    "
            + "X-Forwarded-For" + "    " + "192.0.2.7" + "X-Forwarded-Proto" + "    " + "http" + "X-Forwarded-Host" + "    " + "a.example" + "Host" + "    " + "a.example").Length;
        visitor.With("X-B", new string('x', MaxFields - ours + beyond));

        Assert.Equal(expected, TryRead(visitor, new RequestHead()));
    }

    [Fact]
    public void Upgrade_ToAWebSocket_CrossesWithItsFieldsButConnection()
    {
        using var visitor = new Visitor { IsUpgradableRequest = true }
            .With("Connection", "keep-alive, Upgrade, X-Hop").With("Upgrade", "h2c, WebSocket").With("X-Hop", "1")
            .With("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==").With("Sec-WebSocket-Version", "13").With("Sec-WebSocket-Protocol", "a", "b");

        var head = Read(visitor, RequestedUpgrade.Find(visitor.Context, ["websocket"]));

        Assert.Equal(["websocket"], Values(head, "Upgrade"));
        Assert.Equal(["dGhlIHNhbXBsZSBub25jZQ=="], Values(head, "Sec-WebSocket-Key"));
        Assert.Equal(["13"], Values(head, "Sec-WebSocket-Version"));
        Assert.Equal(["a", "b"], Values(head, "Sec-WebSocket-Protocol"));
        Assert.Empty(Values(head, "Connection"));
        Assert.Empty(Values(head, "X-Hop"));
    }

    private static RequestHead Read(Visitor visitor, RequestedUpgrade? upgrade = null, bool isAwaited = false, IskandarServerOptions? options = null)
    {
        var head = new RequestHead();
        Assert.Equal(ExchangeError.None, TryRead(visitor, head, upgrade, isAwaited, options));
        return head;
    }

    private static ExchangeError TryRead(
        Visitor visitor, RequestHead head, RequestedUpgrade? upgrade = null, bool isAwaited = false, IskandarServerOptions? options = null) => VisitorRequest.TryRead(
        visitor.Context, head, upgrade, isAwaited, new ForwardingFields(options ?? new IskandarServerOptions { Via = null }), MaxFields);

    private static string[] Values(RequestHead head, string name) =>
        [.. head.Fields.Lines.ToArray().Where(line => line.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(static line => line.Value)];
}
