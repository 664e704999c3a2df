using Iskandar.Cli.Forwarding.Http1;

namespace Iskandar.Tests.Cli.Http1;

public sealed class FieldSyntaxTests
{
    [Fact]
    public void Name_EachCharacter_TokensOnly()
    {
        // RFC 9110 section 5.6.2.
        const string Others = "!#$%&'*+-.^_`|~";
        for (var code = 0; code < 0x180; code++)
        {
            var expected = char.IsAsciiLetterOrDigit((char)code) || Others.Contains((char)code, StringComparison.Ordinal);
            Assert.Equal((code, expected), (code, FieldSyntax.IsName($"a{(char)code}b")));
        }

        Assert.False(FieldSyntax.IsName(""));
    }

    [Fact]
    public void Value_EachCharacter_NoControlsAndNothingBeyondAByte()
    {
        // RFC 9110 section 5.5.
        for (var code = 0; code < 0x180; code++)
        {
            var expected = code is '\t' or (>= 0x20 and <= 0x7E) or (>= 0x80 and <= 0xFF);
            Assert.Equal((code, expected), (code, FieldSyntax.IsValue($"a{(char)code}b")));
        }

        Assert.True(FieldSyntax.IsValue(""));
        Assert.False(FieldSyntax.IsValue("a\u4E0Ab"));
    }

    [Theory]
    [InlineData("close", true)]
    [InlineData("CLOSE", true)]
    [InlineData("a, close", true)]
    [InlineData("a,\tClose ,b", true)]
    [InlineData(",,close", true)]
    [InlineData("", false)]
    [InlineData("closed", false)]
    [InlineData("close;x", false)]
    [InlineData("not close", false)]
    [InlineData("\u00A0close", false)]
    public void List_HasIt_InAnyCase(string list, bool expected) => Assert.Equal(expected, FieldSyntax.Lists(list, "close"));
}
