using Iskandar.Protocol.Messages;

namespace Iskandar.Tests.Protocol.Messages;

public sealed class HttpSyntaxTests
{
    [Fact]
    public void Token_EveryCharacter_AsRfc9110Says()
    {
        for (var character = '\0'; character < '\u0200'; character++)
        {
            // RFC 9110 section 5.6.2: tchar.
            var isAllowed = char.IsAsciiLetterOrDigit(character) || "!#$%&'*+-.^_`|~".Contains(character, StringComparison.Ordinal);

            Assert.True(isAllowed == HttpSyntax.IsToken($"a{character}b"), $"U+{(int)character:X4}");
        }
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("GET", true)]
    [InlineData("M-SEARCH", true)]
    [InlineData("content-type", true)]
    [InlineData("GET ", false)]
    [InlineData(":method", false)]
    [InlineData("\ud83d\ude00", false)]
    public void Token_Text_Judged(string text, bool expected) => Assert.Equal(expected, HttpSyntax.IsToken(text));

    [Fact]
    public void FieldValue_EveryCharacter_AsRfc9110Says()
    {
        for (var character = '\0'; character < '\u0200'; character++)
        {
            // RFC 9110 section 5.5: VCHAR, obs-text, SP, HTAB.
            var isAllowed = character is '\t' or (>= ' ' and <= '~') or (>= '\u0080' and <= '\u00FF');

            Assert.True(isAllowed == HttpSyntax.IsFieldValue($"a{character}b"), $"U+{(int)character:X4}");
        }
    }

    [Fact]
    public void FieldValue_Empty_Allowed() => Assert.True(HttpSyntax.IsFieldValue(""));

    [Theory]
    [InlineData("/", true)]
    [InlineData("*", true)]
    [InlineData("/a/b?c=d&e=%20", true)]
    [InlineData("//evil.example.com/", true)]
    [InlineData("/?u=http://other.example.com/", true)]
    [InlineData("", false)]
    [InlineData("**", false)]
    [InlineData("*/", false)]
    [InlineData("a", false)]
    [InlineData("?a", false)]
    [InlineData("http://other.example.com/", false)]
    [InlineData("other.example.com:443", false)]
    [InlineData("@other.example.com/", false)]
    [InlineData("/a b", false)]
    [InlineData("/a\tb", false)]
    [InlineData("/a\r\nHost: other", false)]
    [InlineData("/a\0", false)]
    [InlineData("/a\u007f", false)]
    [InlineData("/é", false)]
    [InlineData(" /", false)]
    public void Target_Text_Judged(string text, bool expected) => Assert.Equal(expected, HttpSyntax.IsTarget(text));
}
