using System.Buffers;
using System.Buffers.Binary;

namespace Iskandar.Protocol.Frames;

/// <summary>RESET: the stream is given up, in both directions.</summary>
internal static class ResetFrame
{
    /*
     * +-------------------------------+
     * |           Code (16)           |
     * +-------------------------------+
     */

    /// <summary>Bytes of payload.</summary>
    public const int Length = sizeof(ushort);

    /// <param name="output">Where to.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="code">Why.</param>
    public static void Write(IBufferWriter<byte> output, uint stream, ErrorCode code)
    {
        var builder = new FrameBuilder(output.GetSpan(FrameHeader.Size + Length));
        builder.UInt16((ushort)code);
        output.Advance(builder.End(FrameType.Reset, FrameFlags.None, stream));
    }

    /// <summary>The code, known or not.</summary>
    /// <exception cref="ConnectionFaultException">The payload has another length.</exception>
    public static ErrorCode Read(ReadOnlySpan<byte> payload) => payload.Length == Length
        ? (ErrorCode)BinaryPrimitives.ReadUInt16BigEndian(payload)
        : throw new ConnectionFaultException(ErrorCode.ProtocolError, $"A Reset frame has {Length} bytes, not {payload.Length}.");
}
