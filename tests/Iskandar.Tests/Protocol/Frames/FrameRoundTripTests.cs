using CsCheck;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;

namespace Iskandar.Tests.Protocol.Frames;

/// <summary>Whatever HTTP allows is the same after it was written and read.</summary>
public sealed class FrameRoundTripTests
{
    private const int Iterations = 1_000;

    [Fact]
    public void Request_AnyHead_ReadAsWritten() =>
        Gen.Select(Gen.UInt[1, uint.MaxValue], FrameGen.Method, FrameGen.Target, FrameGen.Section, Gen.Byte[0, 3]).Sample(
            static (stream, method, target, section, flags) =>
            {
                var head = FrameCodec.Request(method, target, section);

                var frame = Assert.Single(FrameCodec.Read(FrameCodec.Write(output => RequestFrame.Write(output, stream, head, (FrameFlags)flags))));

                Assert.Equal((FrameType.Request, (FrameFlags)flags, stream), (frame.Type, frame.Flags, frame.Stream));
                var read = FrameCodec.ReadRequest(frame.Bytes);
                Assert.Equal((method, target), (read.Method, read.Target));
                AssertSame(section, read.Fields);
            },
            iter: Iterations);

    [Fact]
    public void Response_AnyHead_ReadAsWritten() =>
        Gen.Select(Gen.UInt[1, uint.MaxValue], Gen.Int[100, 599], FrameGen.Section, Gen.Bool).Sample(
            static (stream, status, section, end) =>
            {
                var head = FrameCodec.Response(status, section);

                var frame = Assert.Single(FrameCodec.Read(FrameCodec.Write(output => ResponseFrame.Write(output, stream, head, end))));

                Assert.Equal((FrameType.Response, stream, end), (frame.Type, frame.Stream, frame.IsEnd));
                var read = FrameCodec.ReadResponse(frame.Bytes);
                Assert.Equal(status, read.Status);
                AssertSame(section, read.Fields);
            },
            iter: Iterations);

    [Fact]
    public void Trailers_Any_ReadAsWritten() => Gen.Select(Gen.UInt[1, uint.MaxValue], FrameGen.Section).Sample(
        static (stream, section) =>
        {
            var frame = Assert.Single(FrameCodec.Read(FrameCodec.Write(output => TrailersFrame.Write(output, stream, FrameCodec.Section(section)))));

            Assert.Equal((FrameType.Trailers, stream, true), (frame.Type, frame.Stream, frame.IsEnd));
            var fields = new FieldSection();
            Assert.Equal(FieldLinesResult.Ok, new FieldLineReader(FrameCodec.NoLimit).Read(frame.Bytes, fields));
            AssertSame(section, fields);
        },
        iter: Iterations);

    [Fact]
    public void Head_ReadAndWrittenAgain_TheSameBytes() => FrameGen.Section.Sample(
        static section =>
        {
            var written = FrameCodec.Payload(output => ResponseFrame.Write(output, 1, FrameCodec.Response(200, section), end: false));

            var read = FrameCodec.ReadResponse(written);

            Assert.Equal(written, FrameCodec.Payload(output => ResponseFrame.Write(output, 1, read, end: false)));
        },
        iter: Iterations);

    [Fact]
    public void Frames_InAnyPieces_TheSame() => Gen.Select(FrameGen.Frame.Array[0, 8], Gen.Double[0, 1].Array[0, 8]).Sample(
        static (frames, cuts) =>
        {
            byte[] bytes = [.. frames.SelectMany(static frame => frame)];

            var read = FrameCodec.Read(bytes, [.. cuts.Select(cut => (int)(cut * bytes.Length)).Order()]);

            Assert.Equal(frames.Select(static frame => Assert.Single(FrameCodec.Read(frame))), read);
        },
        iter: Iterations);

    [Theory]
    [InlineData('\u00FF', 63)]
    [InlineData('\u00FF', 64)]
    [InlineData('\u00FF', 16_383)]
    [InlineData('\u00FF', 16_384)]
    [InlineData('\u20AC', 21)]
    [InlineData('\u20AC', 22)]
    [InlineData('\u20AC', 5_461)]
    [InlineData('\u20AC', 5_462)]
    public void Strings_AroundTheFormsOfASize_ReadAsWritten(char character, int count)
    {
        var value = new string(character, count);
        (string Name, string Value)[] lines = [("x", value), ("accept", value), (new string('n', count), "y")];

        AssertSame(lines, FrameCodec.ReadResponse(FrameCodec.Payload(output =>
            ResponseFrame.Write(output, 1, FrameCodec.Response(200, lines), end: false))).Fields);
    }

    [Fact]
    public void Head_WithTheLongestLines_FitsIntoAFrame()
    {
        // The most that docs/protocol.md allows in field lines: 1,000 of them, 65,536 bytes in all as they are counted.
        var lines = Enumerable.Range(0, 1_000).Select(static index => ($"x-{index:d3}", new string('a', index < 536 ? 57 : 56))).ToArray();
        var head = FrameCodec.Request("METHOD", "/" + new string('a', 32_000), lines);
        Assert.Equal(65_536, FieldLines.CountedBytes(head.Fields));

        var payload = FrameCodec.Payload(output => RequestFrame.Write(output, 1, head, FrameFlags.None));

        Assert.InRange(payload.Length, 65_536, FrameLimits.Head);
        AssertSame(lines, FrameCodec.ReadRequest(payload).Fields);
    }

    private static void AssertSame((string Name, string Value)[] expected, FieldSection actual)
    {
        Assert.Equal(expected.Length, actual.Count);
        foreach (var ((name, value), line) in expected.Zip(actual.Lines.ToArray()))
        {
            Assert.Equal(name, line.Name, ignoreCase: true);
            Assert.Equal(FrameGen.AsBytes(value), line.Value);
        }
    }
}
