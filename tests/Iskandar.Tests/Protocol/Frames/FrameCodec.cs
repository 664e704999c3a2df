using System.Buffers;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;

namespace Iskandar.Tests.Protocol.Frames;

/// <summary>A frame as it was read, free of the bytes it was read from; of DATA all pieces together.</summary>
/// <param name="Type">The type.</param>
/// <param name="Flags">The flags.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Payload">The payload in hexadecimal.</param>
/// <param name="IsEnd">Whether the direction ends here.</param>
internal sealed record ReadFrame(FrameType Type, FrameFlags Flags, uint Stream, string Payload, bool IsEnd)
{
    public byte[] Bytes => Convert.FromHexString(Payload);
}

/// <summary>The codec as tests call it.</summary>
internal static class FrameCodec
{
    /// <summary>More than any head can have.</summary>
    public const int NoLimit = FrameLimits.Head * 2;

    public static byte[] Write(Action<IBufferWriter<byte>> write)
    {
        var output = new ExactBufferWriter();
        write(output);
        return output.Written;
    }

    /// <summary>The payload of the only frame that is written.</summary>
    public static byte[] Payload(Action<IBufferWriter<byte>> write) => Assert.Single(Read(Write(write))).Bytes;

    /// <summary>Reads whole frames from bytes that come in pieces.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="cuts">Where they are cut, in ascending order.</param>
    public static List<ReadFrame> Read(ReadOnlySpan<byte> bytes, params ReadOnlySpan<int> cuts)
    {
        var frames = new List<ReadFrame>();
        var parser = new FrameParser();
        var taken = 0;
        var isInData = false;
        for (var i = 0; i <= cuts.Length; i++)
        {
            var come = i < cuts.Length ? cuts[i] : bytes.Length;
            var input = bytes[taken..come];
            while (parser.TryRead(ref input, out var frame))
            {
                var payload = Convert.ToHexString(frame.Payload);
                if (isInData)
                {
                    payload = frames[^1].Payload + payload;
                    frames.RemoveAt(frames.Count - 1);
                }

                frames.Add(new ReadFrame(frame.Type, frame.Flags, frame.Stream, payload, frame.IsEnd));
                isInData = !parser.IsAtEnd;
            }

            taken = come - input.Length;
            Assert.True(parser.IsAtEnd || input.IsEmpty, "Of DATA nothing is left.");
            Assert.True(FrameParser.Needed(input) > input.Length, "More is needed than there is.");
        }

        Assert.True(parser.IsAtEnd);
        Assert.Equal(bytes.Length, taken);
        return frames;
    }

    public static RequestHead ReadRequest(ReadOnlySpan<byte> payload)
    {
        var head = new RequestHead();
        Assert.Equal(FieldLinesResult.Ok, RequestFrame.Read(payload, head, new FieldLineReader(NoLimit)));
        return head;
    }

    public static ResponseHead ReadResponse(ReadOnlySpan<byte> payload)
    {
        var head = new ResponseHead();
        Assert.Equal(FieldLinesResult.Ok, ResponseFrame.Read(payload, head, new FieldLineReader(NoLimit)));
        return head;
    }

    public static FieldSection Section(params IEnumerable<(string Name, string Value)> lines)
    {
        var section = new FieldSection();
        foreach (var (name, value) in lines)
        {
            section.Add(name, value);
        }

        return section;
    }

    public static RequestHead Request(string method, string target, params IEnumerable<(string Name, string Value)> lines)
    {
        var head = new RequestHead { Method = method, Target = target };
        foreach (var (name, value) in lines)
        {
            head.Fields.Add(name, value);
        }

        return head;
    }

    public static ResponseHead Response(int status, params IEnumerable<(string Name, string Value)> lines)
    {
        var head = new ResponseHead { Status = status };
        foreach (var (name, value) in lines)
        {
            head.Fields.Add(name, value);
        }

        return head;
    }

    public static (string Name, string Value)[] Lines(FieldSection section) =>
        [.. section.Lines.ToArray().Select(static line => (line.Name, line.Value))];

    /// <summary>Bytes from hexadecimal with white space.</summary>
    public static byte[] Hex(string text) => Convert.FromHexString(string.Concat(text.Where(static character => !char.IsWhiteSpace(character))));
}
