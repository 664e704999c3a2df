using System.Text;

namespace Iskandar.Server.Gateway;

/// <summary>
/// Decodes the <c>Connection</c> field of a request so that Kestrel leaves all of it to be seen.
/// </summary>
/// <remarks>
/// When Kestrel finds exactly one of keep-alive, close and upgrade in the field, it replaces the whole value by that word, and the names of other
/// connection-specific fields (RFC 9110 section 7.6.1) are lost before anybody could drop those fields. It doesn't when it finds two of them, or none. So
/// "keep-alive" is added to close and upgrade, neither of which it changes, and taken away from other options, since it is HTTP/1.1's default. What this
/// can't mend: keep-alive and other options on lines of their own.
/// </remarks>
internal sealed class ConnectionOptionsEncoding : Encoding
{
    private const string KeepAlive = "keep-alive";

    /// <summary>The only instance.</summary>
    public static ConnectionOptionsEncoding Instance { get; } = new();

    /// <summary>The value that Kestrel is given.</summary>
    /// <param name="value">The value as it was received.</param>
    public static string Preserve(string value)
    {
        var options = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (options.Any(static option => Is(option, "close") || Is(option, "upgrade")))
        {
            return $"{KeepAlive}, {value}";
        }

        // Alone it stands for itself: HTTP/1.0 needs it.
        return options.All(static option => Is(option, KeepAlive)) ? value : string.Join(", ", options.Where(static option => !Is(option, KeepAlive)));
    }

    public override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetCharCount(byte[] bytes, int index, int count) => Preserve(Latin1.GetString(bytes, index, count)).Length;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        var text = Preserve(Latin1.GetString(bytes, byteIndex, byteCount));
        text.CopyTo(chars.AsSpan(charIndex));
        return text.Length;
    }

    public override int GetMaxByteCount(int charCount) => Latin1.GetMaxByteCount(charCount);

    public override int GetMaxCharCount(int byteCount) => byteCount + KeepAlive.Length + 2;

    private static bool Is(string option, string name) => option.Equals(name, StringComparison.OrdinalIgnoreCase);
}
