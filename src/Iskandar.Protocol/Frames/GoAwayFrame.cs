using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Iskandar.Protocol.Frames;

/// <summary>GOAWAY: no new stream on this connection.</summary>
/// <param name="LastStream">The last stream that its sender opened or took.</param>
/// <param name="Code">Why.</param>
/// <param name="Reason">The same for a person.</param>
internal readonly record struct GoAwayFrame(uint LastStream, ErrorCode Code, string Reason)
{
    /*
     * +---------------------------------------------------------------+
     * |                       Last Stream (32)                        |
     * +-------------------------------+-------------------------------+
     * |           Code (16)           |        Reason (UTF-8) ...
     * +-------------------------------+-------------------------------+
     */

    private const int Least = sizeof(uint) + sizeof(ushort);

    /// <summary>Writes the frame; the reason is cut to what fits.</summary>
    public static void Write(IBufferWriter<byte> output, in GoAwayFrame frame)
    {
        const int MostReason = FrameLimits.GoAway - Least;
        var span = output.GetSpan(FrameHeader.Size + FrameLimits.GoAway);
        var builder = new FrameBuilder(span);
        builder.UInt32(frame.LastStream);
        builder.UInt16((ushort)frame.Code);
        Span<byte> reason = stackalloc byte[MostReason];
        Encoding.UTF8.GetEncoder().Convert(frame.Reason, reason, flush: true, out _, out var length, out _);
        builder.Bytes(reason[..length]);
        output.Advance(builder.End(FrameType.GoAway, FrameFlags.None, 0));
    }

    /// <exception cref="ConnectionFaultException">The payload is too short.</exception>
    public static GoAwayFrame Read(ReadOnlySpan<byte> payload) => payload.Length >= Least
        ? new GoAwayFrame(
            BinaryPrimitives.ReadUInt32BigEndian(payload),
            (ErrorCode)BinaryPrimitives.ReadUInt16BigEndian(payload[sizeof(uint)..]),
            Encoding.UTF8.GetString(payload[Least..]))
        : throw new ConnectionFaultException(ErrorCode.ProtocolError, $"A GoAway frame has at least {Least} bytes, not {payload.Length}.");
}
