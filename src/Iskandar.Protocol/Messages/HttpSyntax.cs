using System.Buffers;

namespace Iskandar.Protocol.Messages;

/// <summary>Which characters HTTP allows where. What fails here must never be written into an HTTP message: it could end it early.</summary>
public static class HttpSyntax
{
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly SearchValues<char> TargetCharacters = SearchValues.Create(
        string.Concat(Enumerable.Range(0x21, 0x7F - 0x21).Select(static code => (char)code)));

    // HTAB, visible ASCII, SP and obs-text (RFC 9110 section 5.5).
    private static readonly SearchValues<char> ValueCharacters = SearchValues.Create(
        "\t" + string.Concat(Enumerable.Range(0x20, 0x7F - 0x20).Concat(Enumerable.Range(0x80, 0x80)).Select(static code => (char)code)));

    /// <summary>Whether this is a token (RFC 9110 section 5.6.2): a method or a field name.</summary>
    /// <param name="text">The candidate.</param>
    public static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(TokenCharacters);

    /// <summary>Whether this can stand as a field value (RFC 9110 section 5.5): no control characters, none beyond U+00FF.</summary>
    /// <param name="text">The candidate.</param>
    public static bool IsFieldValue(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(ValueCharacters);

    /// <summary>Whether this is a request target in origin form, or "*" (RFC 9112 section 3.2): it can't change which host is called.</summary>
    /// <param name="text">The candidate.</param>
    public static bool IsTarget(ReadOnlySpan<char> text) =>
        text is ['/', ..] ? !text.ContainsAnyExcept(TargetCharacters) : text is "*";
}
