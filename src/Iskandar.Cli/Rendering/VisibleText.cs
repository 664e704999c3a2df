using System.Globalization;

namespace Iskandar.Cli.Rendering;

/// <summary>Makes text from the network safe for a terminal: nothing in it may move the cursor, change colours or turn the line around.</summary>
internal static class VisibleText
{
    private const char ControlPictures = '\u2400';
    private const char DeletePicture = '\u2421';
    private const char Replacement = '\uFFFD';

    /// <summary>The text with a visible character for each one that isn't.</summary>
    public static string From(string text) =>
        text.AsSpan().ContainsAnyExceptInRange(' ', '~') && text.Any(IsInvisible) ? string.Concat(text.Select(c => IsInvisible(c) ? Picture(c) : c)) : text;

    /// <summary>The same, cut to a length, with an ellipsis for what is missing.</summary>
    public static string From(string text, int length)
    {
        var visible = From(text);
        return visible.Length <= length ? visible : length < 1 ? "" : visible[..(length - 1)] + "…";
    }

    private static bool IsInvisible(char c) => char.GetUnicodeCategory(c) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;

    private static char Picture(char c) => c switch
    {
        < ' ' => (char)(ControlPictures + c),
        '\u007F' => DeletePicture,
        _ => Replacement,
    };
}
