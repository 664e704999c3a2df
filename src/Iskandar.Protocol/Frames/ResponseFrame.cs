using System.Buffers;
using System.Buffers.Binary;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Frames;

/// <summary>RESPONSE: status and header section of a response, final or informational.</summary>
internal static class ResponseFrame
{
    /*
     * +-------------------------------+-------------------------------+
     * |          Status (16)          |        Field Lines ...
     * +-------------------------------+-------------------------------+
     */

    /// <param name="output">Where to.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="head">A head that fits into <see cref="FrameLimits.Head"/>.</param>
    /// <param name="end">Whether there is no content.</param>
    public static void Write(IBufferWriter<byte> output, uint stream, ResponseHead head, bool end)
    {
        var builder = new FrameBuilder(output.GetSpan(FrameHeader.Size + sizeof(ushort) + FieldLines.MostBytes(head.Fields)));
        builder.UInt16((ushort)head.Status);
        FieldLines.Write(ref builder, head.Fields);
        output.Advance(builder.End(FrameType.Response, end ? FrameFlags.End : FrameFlags.None, stream));
    }

    /// <summary>Reads a head, and checks that HTTP allows it.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="head">An empty head, to be filled; what is in it after a failure means nothing.</param>
    /// <param name="fields">Reads the field lines.</param>
    public static FieldLinesResult Read(ReadOnlySpan<byte> payload, ResponseHead head, FieldLineReader fields)
    {
        if (payload.Length < sizeof(ushort))
        {
            return FieldLinesResult.Invalid;
        }

        head.Status = BinaryPrimitives.ReadUInt16BigEndian(payload);
        return head.Status is >= 100 and <= 599 ? fields.Read(payload[sizeof(ushort)..], head.Fields) : FieldLinesResult.Invalid;
    }
}
