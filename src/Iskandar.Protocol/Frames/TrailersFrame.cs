using System.Buffers;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Frames;

/// <summary>TRAILERS: field lines to the end of the payload. They end their direction.</summary>
internal static class TrailersFrame
{
    /// <param name="output">Where to.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="trailers">Lines that fit into <see cref="FrameLimits.Head"/>.</param>
    public static void Write(IBufferWriter<byte> output, uint stream, FieldSection trailers)
    {
        var builder = new FrameBuilder(output.GetSpan(FrameHeader.Size + FieldLines.MostBytes(trailers)));
        FieldLines.Write(ref builder, trailers);
        output.Advance(builder.End(FrameType.Trailers, FrameFlags.None, stream));
    }
}
