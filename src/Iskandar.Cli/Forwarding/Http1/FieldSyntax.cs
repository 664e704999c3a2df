using System.Buffers;

namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>What may stand in a field line (RFC 9110 section 5), and in a list (section 5.6.1).</summary>
internal static class FieldSyntax
{
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    // All but HTAB: what they do in a message is to end it early.
    private static readonly SearchValues<char> ControlCharacters = SearchValues.Create(
        string.Concat(Enumerable.Range(0, 0x20).Append(0x7F).Where(static code => code != '\t').Select(static code => (char)code)));

    /// <summary>Whether this is a token: a method or a field name.</summary>
    public static bool IsName(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(NameCharacters);

    /// <summary>Whether this can stand as a field value.</summary>
    public static bool IsValue(ReadOnlySpan<char> text) => !text.ContainsAny(ControlCharacters) && !text.ContainsAnyExceptInRange('\0', '\u00FF');

    /// <summary>Whether a comma-separated list has this element, in any case.</summary>
    public static bool Lists(string list, string element)
    {
        foreach (var part in list.AsSpan().Split(','))
        {
            if (list.AsSpan(part).Trim(" \t").Equals(element, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
