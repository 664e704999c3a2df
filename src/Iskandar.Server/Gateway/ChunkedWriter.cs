using System.Buffers;
using System.Globalization;
using System.Text;
using Iskandar.Protocol.Messages;

namespace Iskandar.Server.Gateway;

/// <summary>Writes content in chunks (RFC 9112 section 7.1), for responses with trailers: Kestrel's own chunks have no place for those.</summary>
internal static class ChunkedWriter
{
    /// <summary>Writes one chunk. Empty content is none: an empty chunk would be the last.</summary>
    public static void Write(IBufferWriter<byte> output, in ReadOnlySequence<byte> content)
    {
        if (content.IsEmpty)
        {
            return;
        }

        var size = output.GetSpan(18);
        content.Length.TryFormat(size, out var digits, "X", CultureInfo.InvariantCulture);
        output.Advance(digits);
        output.Write("\r\n"u8);
        foreach (var segment in content)
        {
            output.Write(segment.Span);
        }

        output.Write("\r\n"u8);
    }

    /// <summary>Writes the last chunk, the trailer section and the empty line behind it.</summary>
    public static void WriteEnd(IBufferWriter<byte> output, FieldSection trailers)
    {
        output.Write("0\r\n"u8);
        foreach (ref readonly var line in trailers.Lines)
        {
            if (VisitorTrailers.MayFollow(line.Name))
            {
                Append(output, line.Name);
                output.Write(": "u8);
                Append(output, line.Value);
                output.Write("\r\n"u8);
            }
        }

        output.Write("\r\n"u8);
    }

    // Valid by what the encoding checks: no line ends in it.
    private static void Append(IBufferWriter<byte> output, string text) => output.Advance(Encoding.Latin1.GetBytes(text, output.GetSpan(text.Length)));
}
