using System.Buffers.Binary;

namespace Iskandar.Protocol.Frames;

/// <summary>The nine bytes before each payload.</summary>
/// <param name="Length">Bytes of payload, 0 to 16,777,215.</param>
/// <param name="Type">The type, known or not.</param>
/// <param name="Flags">The flags, defined or not.</param>
/// <param name="Stream">The stream; 0: the connection.</param>
internal readonly record struct FrameHeader(int Length, FrameType Type, FrameFlags Flags, uint Stream)
{
    /*
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +-----------------------------------------------+---------------+
     * |                  Length (24)                  |   Type (8)    |
     * +---------------+-------------------------------+---------------+
     * |   Flags (8)   |              Stream (32) ...
     * +---------------+-----------------------------------------------+
     *  ... Stream     |              Payload (Length bytes) ...
     * +---------------+-----------------------------------------------+
     */

    /// <summary>Bytes of a header.</summary>
    public const int Size = 9;

    /// <summary>Reads a header.</summary>
    /// <param name="bytes">At least <see cref="Size"/> bytes.</param>
    public static FrameHeader Read(ReadOnlySpan<byte> bytes)
    {
        var lengthAndType = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return new FrameHeader(
            (int)(lengthAndType >> 8), (FrameType)(byte)lengthAndType, (FrameFlags)bytes[4], BinaryPrimitives.ReadUInt32BigEndian(bytes[5..]));
    }

    /// <summary>Writes a header.</summary>
    /// <param name="bytes">At least <see cref="Size"/> bytes.</param>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, ((uint)Length << 8) | (byte)Type);
        bytes[4] = (byte)Flags;
        BinaryPrimitives.WriteUInt32BigEndian(bytes[5..], Stream);
    }
}
