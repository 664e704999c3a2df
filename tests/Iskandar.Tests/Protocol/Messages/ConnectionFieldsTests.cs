using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Messages;

public sealed class ConnectionFieldsTests
{
    [Theory]
    [InlineData("Connection")]
    [InlineData("keep-alive")]
    [InlineData("PROXY-CONNECTION")]
    [InlineData("te")]
    [InlineData("transfer-encoding")]
    [InlineData("Upgrade")]
    [InlineData("HTTP2-Settings")]
    [InlineData("Proxy-Authenticate")]
    [InlineData("Proxy-Authorization")]
    [InlineData("Proxy-Authentication-Info")]
    public void Contains_WhatTheDocumentLists_AnyCase(string name)
    {
        Assert.True(ConnectionFields.Contains(name));
        Assert.Contains($"`{name.ToLowerInvariant()}`", ProtocolDocument.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host")]
    [InlineData("Content-Length")]
    [InlineData("Content-Encoding")]
    [InlineData("Authorization")]
    [InlineData("Sec-WebSocket-Key")]
    [InlineData("X-Connection")]
    [InlineData("Trailer")]
    [InlineData("")]
    public void Contains_EndToEndField_No(string name) => Assert.False(ConnectionFields.Contains(name));

    [Fact]
    public void OptionsOf_SeveralLines_OneList()
    {
        var section = new FieldSection();
        Assert.Null(ConnectionFields.OptionsOf(section));
        section.Add("Connection", "close");
        section.Add("X-Hop", "1");
        section.Add("connection", "X-Hop");

        var options = ConnectionFields.OptionsOf(section);

        Assert.True(ConnectionFields.IsNamedBy(options, "X-Hop"));
        Assert.True(ConnectionFields.IsNamedBy(options, "close"));
    }

    [Theory]
    [InlineData("x-hop", "X-Hop", true)]
    [InlineData("close, X-HOP", "x-hop", true)]
    [InlineData("close,x-hop\t ,keep-alive", "X-Hop", true)]
    [InlineData(" x-hop ", "x-hop", true)]
    [InlineData("x-hop2", "x-hop", false)]
    [InlineData("x hop", "x", false)]
    [InlineData("close", "x-hop", false)]
    [InlineData(",,", "x-hop", false)]
    [InlineData("", "x-hop", false)]
    [InlineData(null, "x-hop", false)]
    public void IsNamedBy_List_EachOptionCompared(string? connection, string name, bool expected) =>
        Assert.Equal(expected, ConnectionFields.IsNamedBy(connection, name));

    [Theory]
    [InlineData("Host")]
    [InlineData("content-length")]
    [InlineData("Authorization")]
    [InlineData("Set-Cookie")]
    [InlineData("Content-Type")]
    [InlineData("content-encoding")]
    [InlineData("Cookie")]
    public void IsNamedBy_FieldThatGivesTheMessageItsMeaning_Never(string name) => Assert.False(ConnectionFields.IsNamedBy($"close, {name}", name));
}
