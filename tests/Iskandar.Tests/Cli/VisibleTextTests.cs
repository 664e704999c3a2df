using Iskandar.Cli.Rendering;

namespace Iskandar.Tests.Cli;

public sealed class VisibleTextTests
{
    [Theory]
    [InlineData("/path?a=b", "/path?a=b")]
    [InlineData("\e[2J", "␛[2J")]
    [InlineData("a\r\nb\0", "a␍␊b␀")]
    [InlineData("\u007F", "␡")]
    [InlineData("\u009B31m", "\uFFFD31m")]
    [InlineData("a\u202Eb", "a\uFFFDb")]
    [InlineData("[red]", "[red]")]
    public void From_Text_HasNothingInvisible(string text, string expected) => Assert.Equal(expected, VisibleText.From(text));

    [Theory]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdef", 5, "abcd…")]
    [InlineData("abcdef", 1, "…")]
    [InlineData("abcdef", 0, "")]
    public void From_TooLong_IsCutWithAnEllipsis(string text, int length, string expected) => Assert.Equal(expected, VisibleText.From(text, length));
}
