using Iskandar.Protocol.Frames;

namespace Iskandar.Tests.Protocol.Frames;

public sealed class FrameParserTests
{
    // One frame of each type, DATA without payload among them.
    private static readonly byte[] Conversation = FrameCodec.Write(static output =>
    {
        RequestFrame.Write(output, 1, FrameCodec.Request("POST", "/a?b", ("host", "a.example"), ("x-a", "\u00E9")), FrameFlags.Upgrade);
        DataFrame.Write(output, 1, "content"u8, end: false);
        DataFrame.Write(output, 1, [], end: false);
        ResponseFrame.Write(output, 1, FrameCodec.Response(200, ("content-type", "text/plain")), end: false);
        CreditFrame.Write(output, 1, 131_072);
        PingFrame.Write(output, FrameType.Ping, 0x0102_0304_0506_0708);
        PingFrame.Write(output, FrameType.Pong, 0x0807_0605_0403_0201);
        DataFrame.Write(output, 1, "end"u8, end: true);
        DataFrame.Write(output, 1, [], end: true);
        TrailersFrame.Write(output, 1, FrameCodec.Section(("x-sum", "1")));
        ResetFrame.Write(output, 1, ErrorCode.Timeout);
        GoAwayFrame.Write(output, new GoAwayFrame(1, ErrorCode.Stopping, "bye"));
    });

    private static readonly List<ReadFrame> Frames = FrameCodec.Read(Conversation);

    [Fact]
    public void Bytes_InOnePiece_EveryFrame()
    {
        Assert.Equal(
            [
                (FrameType.Request, false), (FrameType.Data, false), (FrameType.Data, false), (FrameType.Response, false), (FrameType.Credit, false),
                (FrameType.Ping, false), (FrameType.Pong, false), (FrameType.Data, true), (FrameType.Data, true), (FrameType.Trailers, true),
                (FrameType.Reset, false), (FrameType.GoAway, false),
            ],
            Frames.Select(static frame => (frame.Type, frame.IsEnd)));
        Assert.Equal(
            ["content", "", "end", ""],
            Frames.Where(static frame => frame.Type == FrameType.Data).Select(static frame => System.Text.Encoding.ASCII.GetString(frame.Bytes)));
    }

    [Fact]
    public void Bytes_CutAtEachPositionAndShortlyAfter_TheSameFrames()
    {
        for (var first = 0; first <= Conversation.Length; first++)
        {
            for (var second = first; second <= Math.Min(first + 12, Conversation.Length); second++)
            {
                Assert.Equal(Frames, FrameCodec.Read(Conversation, first, second));
            }
        }
    }

    [Fact]
    public void Bytes_OneByOne_TheSameFrames() =>
        Assert.Equal(Frames, FrameCodec.Read(Conversation, [.. Enumerable.Range(1, Conversation.Length - 1)]));

    [Fact]
    public void Data_InPieces_GivenOutAsTheyCome()
    {
        var bytes = FrameCodec.Write(static output => DataFrame.Write(output, 3, "abcdef"u8, end: true));
        var parser = new FrameParser();

        ReadOnlySpan<byte> input = bytes.AsSpan(0, 8);
        Assert.False(parser.TryRead(ref input, out _));
        Assert.Equal((8, true), (input.Length, parser.IsAtEnd));

        input = bytes.AsSpan(0, 9);
        Assert.False(parser.TryRead(ref input, out _));
        Assert.Equal((0, false), (input.Length, parser.IsAtEnd));
        Assert.False(parser.TryRead(ref input, out _));

        input = bytes.AsSpan(9, 2);
        Assert.True(parser.TryRead(ref input, out var frame));
        Assert.Equal("ab"u8, frame.Payload);
        Assert.Equal((FrameType.Data, 3u, false), (frame.Type, frame.Stream, frame.IsEnd));
        Assert.Equal((0, false), (input.Length, parser.IsAtEnd));

        // The rest, and the beginning of the next frame.
        input = bytes.AsSpan(11, 4).ToArray().Concat(bytes.Take(4)).ToArray();
        Assert.True(parser.TryRead(ref input, out frame));
        Assert.Equal("cdef"u8, frame.Payload);
        Assert.Equal((FrameFlags.End, 3u, true), (frame.Flags, frame.Stream, frame.IsEnd));
        Assert.Equal((4, true), (input.Length, parser.IsAtEnd));
        Assert.False(parser.TryRead(ref input, out _));
        Assert.Equal(4, input.Length);
    }

    [Fact]
    public void Payload_OfAFrame_IsAPartOfTheInput()
    {
        ReadOnlySpan<byte> input = Conversation;
        var parser = new FrameParser();

        Assert.True(parser.TryRead(ref input, out var frame));

        Assert.True(Conversation.AsSpan(FrameHeader.Size, frame.Payload.Length) == frame.Payload);
        Assert.True(Conversation.AsSpan(FrameHeader.Size + frame.Payload.Length) == input);
    }

    [Fact]
    public void Needed_BytesOfAHead_TheWholeFrame()
    {
        var bytes = FrameCodec.Write(static output => ResponseFrame.Write(output, 1, FrameCodec.Response(200, ("a", "b")), end: true));
        for (var length = 0; length < bytes.Length; length++)
        {
            ReadOnlySpan<byte> input = bytes.AsSpan(0, length);
            Assert.False(new FrameParser().TryRead(ref input, out _));
            Assert.Equal(length < FrameHeader.Size ? FrameHeader.Size : bytes.Length, FrameParser.Needed(input));
        }
    }

    [Theory]
    [InlineData("01 00 01  00  00  00 00 00 01", ErrorCode.FrameTooLong)]
    [InlineData("02 00 01  01  00  00 00 00 01", ErrorCode.FrameTooLong)]
    [InlineData("02 00 01  02  00  00 00 00 01", ErrorCode.FrameTooLong)]
    [InlineData("02 00 01  03  00  00 00 00 01", ErrorCode.FrameTooLong)]
    [InlineData("00 00 05  04  00  00 00 00 01", ErrorCode.FrameTooLong)]
    [InlineData("00 00 03  05  00  00 00 00 01", ErrorCode.FrameTooLong)]
    [InlineData("00 00 09  06  00  00 00 00 00", ErrorCode.FrameTooLong)]
    [InlineData("00 00 09  07  00  00 00 00 00", ErrorCode.FrameTooLong)]
    [InlineData("00 04 01  09  00  00 00 00 00", ErrorCode.FrameTooLong)]
    [InlineData("ff ff ff  00  00  00 00 00 01", ErrorCode.FrameTooLong)]
    [InlineData("00 00 00  08  00  00 00 00 01", ErrorCode.ProtocolError)]
    [InlineData("00 00 00  ff  00  00 00 00 00", ErrorCode.ProtocolError)]
    [InlineData("00 00 00  00  00  00 00 00 00", ErrorCode.ProtocolError)]
    [InlineData("00 00 04  04  00  00 00 00 00", ErrorCode.ProtocolError)]
    [InlineData("00 00 08  06  00  00 00 00 01", ErrorCode.ProtocolError)]
    public void Header_NotAllowed_FaultBeforeAnyPayload(string header, object code)
    {
        var fault = Assert.Throws<ConnectionFaultException>(() =>
        {
            ReadOnlySpan<byte> input = FrameCodec.Hex(header);
            new FrameParser().TryRead(ref input, out _);
        });

        Assert.Equal((ErrorCode)code, fault.Code);
        Assert.NotEmpty(fault.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(9)]
    public void FixedPayload_OfAnotherLength_Fault(int length)
    {
        var payload = new byte[length];

        AssertProtocolError(() => CreditFrame.Read(payload));
        AssertProtocolError(() => PingFrame.Read(payload));
        if (length != ResetFrame.Length)
        {
            AssertProtocolError(() => ResetFrame.Read(payload));
        }
    }

    private static void AssertProtocolError(Action read) =>
        Assert.Equal(ErrorCode.ProtocolError, Assert.Throws<ConnectionFaultException>(read).Code);
}
