using System.Buffers;
using System.Text;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Frames;

/// <summary>
/// Reads field lines. One for each connection: it remembers the last value of each common field, because most of them are the same again, and then
/// no new string is made. Not safe for concurrent use.
/// </summary>
/// <param name="limit">The most bytes of lines, as <see cref="FieldLines.CountedBytes(FieldSection)"/> counts them.</param>
internal sealed class FieldLineReader(int limit)
{
    private const int LongestRemembered = 128;

    // All but HTAB, SP, visible characters and obs-text (RFC 9110 section 5.5).
    private static readonly SearchValues<byte> Forbidden =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Where(static code => code != '\t').Select(static code => (byte)code), 0x7F]);

    private readonly string?[] _remembered = new string?[CommonFieldNames.All.Length];

    /// <summary>Reads lines to the end of the payload.</summary>
    /// <param name="payload">The lines.</param>
    /// <param name="fields">Takes them.</param>
    public FieldLinesResult Read(ReadOnlySpan<byte> payload, FieldSection fields)
    {
        var counted = 0;
        while (!payload.IsEmpty)
        {
            int index = payload[0];
            payload = payload[1..];
            if (index > _remembered.Length || fields.Count == FrameLimits.Lines)
            {
                return FieldLinesResult.Invalid;
            }

            string? name = null;
            if (index > 0)
            {
                name = CommonFieldNames.All[index - 1];
            }
            else if (FieldLines.TryReadString(ref payload, out var text))
            {
                name = Encoding.Latin1.GetString(text);
            }

            if (name is null || !FieldLines.TryReadString(ref payload, out var bytes) || (index == 0 && !HttpSyntax.IsToken(name)))
            {
                return FieldLinesResult.Invalid;
            }

            counted += FieldLines.CountedBytes(name.Length, bytes.Length);
            if (counted > limit)
            {
                return FieldLinesResult.TooLarge;
            }

            var value = index > 0 && _remembered[index - 1] is { } last && Ascii.Equals(bytes, last) ? last : ReadValue(index, bytes);
            if (value is null)
            {
                return FieldLinesResult.Invalid;
            }

            fields.Add(name, value);
        }

        return FieldLinesResult.Ok;
    }

    private string? ReadValue(int index, ReadOnlySpan<byte> bytes)
    {
        if (bytes.ContainsAny(Forbidden))
        {
            return null;
        }

        var value = Encoding.Latin1.GetString(bytes.Trim(" \t"u8));
        if (index > 0 && value.Length <= LongestRemembered)
        {
            _remembered[index - 1] = value;
        }

        return value;
    }
}
