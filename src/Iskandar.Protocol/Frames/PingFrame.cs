using System.Buffers;
using System.Buffers.Binary;

namespace Iskandar.Protocol.Frames;

/// <summary>PING and PONG: eight bytes that come back as they were.</summary>
internal static class PingFrame
{
    /*
     * +---------------------------------------------------------------+
     * |                         Opaque (64)                           |
     * +---------------------------------------------------------------+
     */

    /// <summary>Bytes of payload.</summary>
    public const int Length = sizeof(ulong);

    /// <param name="output">Where to.</param>
    /// <param name="type"><see cref="FrameType.Ping"/> or <see cref="FrameType.Pong"/>.</param>
    /// <param name="opaque">What the other side sends back.</param>
    public static void Write(IBufferWriter<byte> output, FrameType type, ulong opaque)
    {
        var span = output.GetSpan(FrameHeader.Size + Length);
        new FrameHeader(Length, type, FrameFlags.None, 0).Write(span);
        BinaryPrimitives.WriteUInt64BigEndian(span[FrameHeader.Size..], opaque);
        output.Advance(FrameHeader.Size + Length);
    }

    /// <exception cref="ConnectionFaultException">The payload has another length.</exception>
    public static ulong Read(ReadOnlySpan<byte> payload) => payload.Length == Length
        ? BinaryPrimitives.ReadUInt64BigEndian(payload)
        : throw new ConnectionFaultException(ErrorCode.ProtocolError, $"A Ping or Pong frame has {Length} bytes, not {payload.Length}.");
}
