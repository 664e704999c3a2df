using System.Buffers.Binary;

namespace Iskandar.Protocol.Frames;

/// <summary>Sizes of strings: the variable-length integers of RFC 9000 section 16, in their forms of 1, 2 and 4 bytes.</summary>
internal static class VariableLengthInteger
{
    private const int MostInOne = (1 << 6) - 1;
    private const int MostInTwo = (1 << 14) - 1;

    /// <summary>The largest value that can be written.</summary>
    public const int MaxValue = (1 << 30) - 1;

    /// <summary>Writes the shortest form.</summary>
    /// <param name="bytes">Room for it: at most 4 bytes are written.</param>
    /// <param name="value">0 to <see cref="MaxValue"/>.</param>
    /// <returns>How many bytes were written.</returns>
    public static int Write(Span<byte> bytes, int value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)value, (uint)MaxValue, nameof(value));
        if (value <= MostInOne)
        {
            bytes[0] = (byte)value;
            return 1;
        }

        if (value <= MostInTwo)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)(value | 0x4000));
            return 2;
        }

        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)value | 0x8000_0000);
        return 4;
    }

    /// <summary>Reads a value from the front.</summary>
    /// <param name="bytes">The bytes; shortened by what was read.</param>
    /// <param name="value">0 to <see cref="MaxValue"/>.</param>
    /// <returns>False when the bytes end too early, or begin with the form of 8 bytes.</returns>
    public static bool TryRead(ref ReadOnlySpan<byte> bytes, out int value)
    {
        value = 0;
        if (bytes.IsEmpty)
        {
            return false;
        }

        var length = 1 << (bytes[0] >> 6);
        if (length > 4 || bytes.Length < length)
        {
            return false;
        }

        value = length switch
        {
            1 => bytes[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(bytes) & MostInTwo,
            _ => (int)(BinaryPrimitives.ReadUInt32BigEndian(bytes) & MaxValue),
        };
        bytes = bytes[length..];
        return true;
    }
}
