using System.Buffers;

namespace Iskandar.Protocol.Frames;

/// <summary>DATA: content, or bytes of an upgraded connection. The payload has no structure.</summary>
internal static class DataFrame
{
    /// <param name="output">Where to.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="content">0 to <see cref="FrameLimits.Data"/> bytes.</param>
    /// <param name="end">Whether the direction ends with it.</param>
    public static void Write(IBufferWriter<byte> output, uint stream, ReadOnlySpan<byte> content, bool end)
    {
        new FrameHeader(content.Length, FrameType.Data, end ? FrameFlags.End : FrameFlags.None, stream).Write(output.GetSpan(FrameHeader.Size));
        output.Advance(FrameHeader.Size);

        // In as many parts as the memory has: content would waste the rest of each.
        output.Write(content);
    }
}
