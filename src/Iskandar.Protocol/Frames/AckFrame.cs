using System.Buffers;
using System.Buffers.Binary;

namespace Iskandar.Protocol.Frames;

/// <summary>ACK: so many bytes of the other side's messages have been received since the link began.</summary>
internal static class AckFrame
{
    /*
     * +---------------------------------------------------------------+
     * |                         Offset (64)                           |
     * +---------------------------------------------------------------+
     */

    /// <summary>Bytes of payload.</summary>
    public const int Length = sizeof(ulong);

    /// <param name="output">Where to.</param>
    /// <param name="offset">How many bytes, not negative.</param>
    public static void Write(IBufferWriter<byte> output, long offset)
    {
        var span = output.GetSpan(FrameHeader.Size + Length);
        new FrameHeader(Length, FrameType.Ack, FrameFlags.None, 0).Write(span);
        BinaryPrimitives.WriteInt64BigEndian(span[FrameHeader.Size..], offset);
        output.Advance(FrameHeader.Size + Length);
    }

    /// <exception cref="ConnectionFaultException">The payload has another length, or the offset can't be.</exception>
    public static long Read(ReadOnlySpan<byte> payload) => payload.Length == Length && BinaryPrimitives.ReadInt64BigEndian(payload) is >= 0 and var offset
        ? offset
        : throw new ConnectionFaultException(ErrorCode.ProtocolError, $"An Ack frame has an offset of {Length} bytes and under 2^63.");
}
