using System.Text.RegularExpressions;

namespace Iskandar.FunctionalTests.Binary.Codec;

/// <summary>The codec of these tests writes and reads the document's worked examples byte for byte.</summary>
public partial class WorkedExampleTests
{
    private const string Get = """
        00 00 13  01  01  00 00 00 01               length, REQUEST, END, stream 1
        01                                          GET
        01 2f                                       target
        23 09 61 2e 65 78 61 6d 70 6c 65            host: a.example
        01 03 2a 2f 2a                              accept: */*
        """;

    private const string Response = """
        00 00 15  02  00  00 00 00 01               RESPONSE, stream 1
        00 c8                                       200
        1b 0a 74 65 78 74 2f 70 6c 61 69 6e         content-type: text/plain
        00 03 78 2d 61 01 31                        x-a: 1
        00 00 06  00  01  00 00 00 01               DATA, END
        68 65 6c 6c 6f 0a                           content
        """;

    private const string Upload = """
        00 00 10  01  00  00 00 00 02               REQUEST, stream 2
        03                                          POST
        03 2f 69 6e                                 target
        23 09 61 2e 65 78 61 6d 70 6c 65            host: a.example
        00 00 03  00  00  00 00 00 02               DATA
        61 62 63                                    content
        00 00 04  04  00  00 00 00 02               CREDIT, from the client
        00 02 00 00                                 131,072 bytes more
        00 00 02  05  00  00 00 00 02               RESET
        00 00                                       done
        """;

    private const string PingAndPong = """
        00 00 08  06  00  00 00 00 00               PING
        00 00 01 8b cf e5 68 00
        00 00 08  07  00  00 00 00 00               PONG
        00 00 01 8b cf e5 68 00
        """;

    private static readonly Dictionary<string, (string Bytes, Frame[] Frames)> Examples = new()
    {
        ["get"] = (Get, [Frame.Request(1, "GET", "/", fields: [("host", "a.example"), ("accept", "*/*")])]),
        ["response"] = (Response, [Frame.Response(1, 200, fields: [("content-type", "text/plain"), ("x-a", "1")]), Frame.Data(1, "hello\n", end: true)]),
        ["upload"] = (
            Upload,
            [
                Frame.Request(2, "POST", "/in", end: false, fields: [("host", "a.example")]),
                Frame.Data(2, "abc"),
                Frame.Credit(2, 131_072),
                Frame.Reset(2, ErrorCode.Done),
            ]),
        ["ping and pong"] = (PingAndPong, [Frame.Ping(Stamp), Frame.Pong(Stamp)]),
    };

    public static TheoryData<string> Names => [.. Examples.Keys];

    private static byte[] Stamp => Convert.FromHexString("0000018bcfe56800");

    [Theory]
    [MemberData(nameof(Names))]
    public void Example_Written_IsTheDocuments(string name)
    {
        var (bytes, frames) = Examples[name];

        Assert.Equal(Convert.ToHexString(FromHex(bytes)), Convert.ToHexString(Frame.ToBytes(frames)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Example_Read_HasItsFrames(string name)
    {
        var (bytes, frames) = Examples[name];

        var read = Frame.Parse(FromHex(bytes));

        Assert.Equal(frames.Select(Text), read.Select(Text));
    }

    [Fact]
    public void RequestHead_Read_HasItsParts()
    {
        var frame = Assert.Single(Frame.Parse(FromHex(Get)));
        var head = RequestHead.Parse(frame.Payload);

        Assert.True(frame.IsEnd);
        Assert.Equal(("GET", "/"), (head.Method, head.Target));
        Assert.Equal([("host", "a.example"), ("accept", "*/*")], head.Fields.Lines);
    }

    [Fact]
    public void ResponseHead_Read_HasItsParts()
    {
        var frames = Frame.Parse(FromHex(Response));
        var head = ResponseHead.Parse(frames[0].Payload);

        Assert.Equal((false, true), (frames[0].IsEnd, frames[1].IsEnd));
        Assert.Equal(200, head.Status);
        Assert.Equal([("content-type", "text/plain"), ("x-a", "1")], head.Fields.Lines);
    }

    private static string Text(Frame frame) => $"{frame.Type} {frame.Flags:x2} {frame.Stream} {Convert.ToHexString(frame.Payload)}";

    /// <summary>The bytes of each line, up to the words beside them.</summary>
    private static byte[] FromHex(string example) =>
        [.. example.Split('\n').SelectMany(static line => Convert.FromHexString(Bytes().Match(line.Trim()).Value.Replace(" ", "", StringComparison.Ordinal)))];

    [GeneratedRegex("^([0-9a-f]{2}( {1,2}|$))+")]
    private static partial Regex Bytes();
}
