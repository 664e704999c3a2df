using System.Collections.Frozen;
using System.Text;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Frames;

/// <summary>The field lines of heads and trailers.</summary>
internal static class FieldLines
{
    /*
     * +---------------+-----------------------------------------------+
     * |   Name (8)    | [Name String] Value String
     * +---------------+-----------------------------------------------+
     */

    // What a line costs beside its characters: in HTTP/1.1, the colon, the space and the end of the line.
    private const int Overhead = 4;

    private static readonly FrozenDictionary<string, byte> Indices = CreateIndices();

    /// <summary>The most bytes that the lines can take.</summary>
    public static int MostBytes(FieldSection fields)
    {
        var most = 0;
        foreach (ref readonly var line in fields.Lines)
        {
            most += 1 + FrameBuilder.MostBytes(line.Name) + FrameBuilder.MostBytes(line.Value);
        }

        return most;
    }

    /// <summary>What the lines count against a limit: each its name, its value and 4, in bytes as they are written.</summary>
    public static int CountedBytes(FieldSection fields)
    {
        var counted = 0;
        foreach (ref readonly var line in fields.Lines)
        {
            counted += CountedBytes(FrameBuilder.CountBytes(line.Name), FrameBuilder.CountBytes(line.Value));
        }

        return counted;
    }

    /// <summary>Whether a section is within a limit, as the one who reads it counts.</summary>
    public static bool Fits(FieldSection fields, long limit)
    {
        if (fields.Count > FrameLimits.Lines)
        {
            return false;
        }

        var counted = CountedBytes(fields);

        // Beyond ISO-8859-1 a character takes more bytes than one.
        return counted * 3L <= limit || (counted <= limit && EncodedBytes(fields) <= limit);
    }

    /// <summary>What one line counts against a limit.</summary>
    public static int CountedBytes(int name, int value) => name + value + Overhead;

    public static void Write(ref FrameBuilder builder, FieldSection fields)
    {
        foreach (ref readonly var line in fields.Lines)
        {
            if (Indices.TryGetValue(line.Name, out var index))
            {
                builder.Byte(index);
            }
            else
            {
                builder.Byte(0);
                builder.String(line.Name);
            }

            builder.String(line.Value);
        }
    }

    /// <summary>Takes a string from the front.</summary>
    /// <returns>False when it ends too early.</returns>
    public static bool TryReadString(ref ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> text)
    {
        if (!VariableLengthInteger.TryRead(ref payload, out var length) || length > payload.Length)
        {
            text = default;
            return false;
        }

        text = payload[..length];
        payload = payload[length..];
        return true;
    }

    private static long EncodedBytes(FieldSection fields)
    {
        long encoded = 0;
        foreach (ref readonly var line in fields.Lines)
        {
            var isLatin1 = !line.Value.AsSpan().ContainsAnyExceptInRange('\0', '\u00FF');
            encoded += CountedBytes(line.Name.Length, isLatin1 ? line.Value.Length : Encoding.UTF8.GetByteCount(line.Value));
        }

        return encoded;
    }

    private static FrozenDictionary<string, byte> CreateIndices()
    {
        var indices = new Dictionary<string, byte>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in CommonFieldNames.All)
        {
            indices.Add(name, (byte)(indices.Count + 1));
        }

        return indices.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }
}
