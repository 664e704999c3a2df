using System.Collections.Frozen;
using System.Text;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Json;

/// <summary>Strings for common field names, so that reading a header section doesn't make new ones.</summary>
internal static class FieldNames
{
    private const int Longest = 64;

    private static readonly FrozenSet<string> Known = CommonFieldNames.All.ToArray().ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Lookup = Known.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The name as a string.</summary>
    public static string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > Longest)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        Span<char> text = stackalloc char[Longest];
        var name = text[..Encoding.UTF8.GetChars(utf8, text)];
        return Lookup.TryGetValue(name, out var known) ? known : name.ToString();
    }
}
