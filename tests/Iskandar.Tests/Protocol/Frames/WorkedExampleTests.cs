using System.Text.RegularExpressions;
using Iskandar.Protocol.Frames;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Frames;

/// <summary>The worked examples of docs/protocol.md, byte for byte, written and read.</summary>
public sealed partial class WorkedExampleTests
{
    private static readonly byte[][] Examples = [.. Block().Matches(ProtocolDocument.Section("Worked examples")).Select(static block =>
        FrameCodec.Hex(string.Concat(Line().Matches(block.Groups["lines"].Value).Select(static line => line.Groups["bytes"].Value))))

        // Not all are frames.
        .Where(static example => example.Length > 0)];

    [Fact]
    public void Document_Examples_AreFive() => Assert.Equal([28, 45, 61, 34, 17], Examples.Select(static example => example.Length));

    [Fact]
    public void Acknowledgement_AsInTheDocument()
    {
        Assert.Equal(Examples[4], FrameCodec.Write(static output => AckFrame.Write(output, 65_536)));
        var frame = Assert.Single(FrameCodec.Read(Examples[4]));
        Assert.Equal((FrameType.Ack, 65_536), (frame.Type, AckFrame.Read(frame.Bytes)));
    }

    [Fact]
    public void Request_WithoutContent_AsInTheDocument()
    {
        var head = FrameCodec.Request("GET", "/", ("Host", "a.example"), ("Accept", "*/*"));

        Assert.Equal(Examples[0], FrameCodec.Write(output => RequestFrame.Write(output, 1, head, FrameFlags.End)));
        var frame = Assert.Single(FrameCodec.Read(Examples[0]));
        Assert.Equal((FrameType.Request, FrameFlags.End, 1u, true), (frame.Type, frame.Flags, frame.Stream, frame.IsEnd));
        var read = FrameCodec.ReadRequest(frame.Bytes);
        Assert.Equal(("GET", "/"), (read.Method, read.Target));
        Assert.Equal([("Host", "a.example"), ("Accept", "*/*")], FrameCodec.Lines(read.Fields));
    }

    [Fact]
    public void Response_WithContent_AsInTheDocument()
    {
        var head = FrameCodec.Response(200, ("content-type", "text/plain"), ("x-a", "1"));

        Assert.Equal(Examples[1], FrameCodec.Write(output =>
        {
            ResponseFrame.Write(output, 1, head, end: false);
            DataFrame.Write(output, 1, "hello\n"u8, end: true);
        }));
        var frames = FrameCodec.Read(Examples[1]);
        Assert.Equal(new ReadFrame(FrameType.Data, FrameFlags.End, 1, Convert.ToHexString("hello\n"u8), IsEnd: true), frames[1]);
        Assert.Equal((FrameType.Response, FrameFlags.None, 1u, false, 2), (frames[0].Type, frames[0].Flags, frames[0].Stream, frames[0].IsEnd, frames.Count));
        var read = FrameCodec.ReadResponse(frames[0].Bytes);
        Assert.Equal(200, read.Status);
        Assert.Equal([("Content-Type", "text/plain"), ("x-a", "1")], FrameCodec.Lines(read.Fields));
    }

    [Fact]
    public void Upload_GivenUp_AsInTheDocument()
    {
        var head = FrameCodec.Request("POST", "/in", ("host", "a.example"));

        Assert.Equal(Examples[2], FrameCodec.Write(output =>
        {
            RequestFrame.Write(output, 2, head, FrameFlags.None);
            DataFrame.Write(output, 2, "abc"u8, end: false);
            CreditFrame.Write(output, 2, 131_072);
            ResetFrame.Write(output, 2, ErrorCode.Done);
        }));
        var frames = FrameCodec.Read(Examples[2]);
        Assert.Equal([FrameType.Request, FrameType.Data, FrameType.Credit, FrameType.Reset], frames.Select(static frame => frame.Type));
        Assert.All(frames, static frame => Assert.Equal((FrameFlags.None, 2u, false), (frame.Flags, frame.Stream, frame.IsEnd)));
        Assert.Equal("POST", FrameCodec.ReadRequest(frames[0].Bytes).Method);
        Assert.Equal("abc"u8, frames[1].Bytes);
        Assert.Equal(131_072u, CreditFrame.Read(frames[2].Bytes));
        Assert.Equal(ErrorCode.Done, ResetFrame.Read(frames[3].Bytes));
    }

    [Fact]
    public void Ping_AndItsAnswer_AsInTheDocument()
    {
        const ulong Opaque = 0x0000_018B_CFE5_6800;

        Assert.Equal(Examples[3], FrameCodec.Write(static output =>
        {
            PingFrame.Write(output, FrameType.Ping, Opaque);
            PingFrame.Write(output, FrameType.Pong, Opaque);
        }));
        var frames = FrameCodec.Read(Examples[3]);
        Assert.Equal([(FrameType.Ping, Opaque), (FrameType.Pong, Opaque)], frames.Select(static frame => (frame.Type, PingFrame.Read(frame.Bytes))));
    }

    [GeneratedRegex(@"^```\n(?<lines>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Block();

    // Bytes stand one or two spaces apart, the comment further.
    [GeneratedRegex(@"^(?<bytes>[0-9a-f]{2}( {1,2}[0-9a-f]{2})*)( {3,}.*)?$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Line();
}
