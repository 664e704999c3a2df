using System.Buffers;
using System.Text;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Frames;

/// <summary>REQUEST: control data and header section of a request.</summary>
internal static class RequestFrame
{
    /*
     * +---------------+-----------------------------------------------+
     * |  Method (8)   | [Method String] Target String  Field Lines ...
     * +---------------+-----------------------------------------------+
     */

    private static readonly string[] Methods = ["", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"];

    /// <param name="output">Where to.</param>
    /// <param name="stream">The stream that it opens.</param>
    /// <param name="head">A head that fits into <see cref="FrameLimits.Head"/>.</param>
    /// <param name="flags">END, UPGRADE, both or none.</param>
    public static void Write(IBufferWriter<byte> output, uint stream, RequestHead head, FrameFlags flags)
    {
        var most = FrameHeader.Size + 1 + FrameBuilder.MostBytes(head.Method) + FrameBuilder.MostBytes(head.Target) + FieldLines.MostBytes(head.Fields);
        var builder = new FrameBuilder(output.GetSpan(most));
        var method = Math.Max(0, Array.IndexOf(Methods, head.Method, 1));
        builder.Byte((byte)method);
        if (method == 0)
        {
            builder.String(head.Method);
        }

        builder.String(head.Target);
        FieldLines.Write(ref builder, head.Fields);
        output.Advance(builder.End(FrameType.Request, flags, stream));
    }

    /// <summary>Reads a head, and checks that HTTP allows it.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="head">An empty head, to be filled; what is in it after a failure means nothing.</param>
    /// <param name="fields">Reads the field lines.</param>
    public static FieldLinesResult Read(ReadOnlySpan<byte> payload, RequestHead head, FieldLineReader fields)
    {
        if (payload.IsEmpty || payload[0] >= Methods.Length)
        {
            return FieldLinesResult.Invalid;
        }

        head.Method = Methods[payload[0]];
        payload = payload[1..];
        if (head.Method.Length == 0)
        {
            if (!FieldLines.TryReadString(ref payload, out var method))
            {
                return FieldLinesResult.Invalid;
            }

            head.Method = Encoding.Latin1.GetString(method);
        }

        if (!FieldLines.TryReadString(ref payload, out var target))
        {
            return FieldLinesResult.Invalid;
        }

        head.Target = target is [(byte)'/'] ? "/" : Encoding.Latin1.GetString(target);
        return HttpSyntax.IsToken(head.Method) && HttpSyntax.IsTarget(head.Target) && (head.Target != "*" || head.Method == "OPTIONS")
            ? fields.Read(payload, head.Fields)
            : FieldLinesResult.Invalid;
    }
}
