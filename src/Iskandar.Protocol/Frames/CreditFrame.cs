using System.Buffers;
using System.Buffers.Binary;

namespace Iskandar.Protocol.Frames;

/// <summary>CREDIT: so many more bytes of content may be sent on a stream.</summary>
internal static class CreditFrame
{
    /*
     * +---------------------------------------------------------------+
     * |                          Bytes (32)                           |
     * +---------------------------------------------------------------+
     */

    /// <summary>Bytes of payload.</summary>
    public const int Length = sizeof(uint);

    /// <param name="output">Where to.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="bytes">1 to <see cref="FrameLimits.MostCredit"/>.</param>
    public static void Write(IBufferWriter<byte> output, uint stream, int bytes)
    {
        var builder = new FrameBuilder(output.GetSpan(FrameHeader.Size + Length));
        builder.UInt32((uint)bytes);
        output.Advance(builder.End(FrameType.Credit, FrameFlags.None, stream));
    }

    /// <exception cref="ConnectionFaultException">The payload has another length.</exception>
    public static uint Read(ReadOnlySpan<byte> payload) => payload.Length == Length
        ? BinaryPrimitives.ReadUInt32BigEndian(payload)
        : throw new ConnectionFaultException(ErrorCode.ProtocolError, $"A Credit frame has {Length} bytes, not {payload.Length}.");
}
