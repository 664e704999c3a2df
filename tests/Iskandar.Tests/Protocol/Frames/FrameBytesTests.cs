using Iskandar.Protocol.Frames;

namespace Iskandar.Tests.Protocol.Frames;

/// <summary>What the frames look like that docs/protocol.md has no example of.</summary>
public sealed class FrameBytesTests
{
    [Fact]
    public void Request_MethodOfItsOwnAndUpgrade_Bytes() => AssertBytes(
        "00 00 22  01  03  01 02 03 04   00 04 50 55 52 47   02 2f 61   42 09 77 65 62 73 6f 63 6b 65 74   00 06 78 2d 6e 61 6d 65 05 76 61 6c 75 65",
        FrameCodec.Write(static output => RequestFrame.Write(
            output, 0x0102_0304, FrameCodec.Request("PURG", "/a", ("upgrade", "websocket"), ("x-name", "value")), FrameFlags.End | FrameFlags.Upgrade)));

    [Theory]
    [InlineData("GET", "01")]
    [InlineData("HEAD", "02")]
    [InlineData("POST", "03")]
    [InlineData("PUT", "04")]
    [InlineData("DELETE", "05")]
    [InlineData("PATCH", "06")]
    [InlineData("OPTIONS", "07")]
    [InlineData("TRACE", "08")]
    [InlineData("get", "00 03 67 65 74")]
    [InlineData("QUERY", "00 05 51 55 45 52 59")]
    public void Request_Method_Bytes(string method, string bytes)
    {
        var payload = FrameCodec.Payload(output => RequestFrame.Write(output, 1, FrameCodec.Request(method, "/"), FrameFlags.None));

        AssertBytes(bytes + "01 2f", payload);
        Assert.Equal(method, FrameCodec.ReadRequest(payload).Method);
    }

    [Fact]
    public void Response_WithoutContent_Bytes() => AssertBytes(
        "00 00 02  02  01  ff ff ff ff   01 30",
        FrameCodec.Write(static output => ResponseFrame.Write(output, uint.MaxValue, FrameCodec.Response(304), end: true)));

    [Fact]
    public void Fields_ValueNotAscii_OneByteForEachCharacterOrUtf8() => AssertBytes(
        "00 c8   3b 01 e9   3b 05 c3 a9 e2 82 ac   3b 00",
        FrameCodec.Payload(static output => ResponseFrame.Write(
            output, 1, FrameCodec.Response(200, ("Server", "\u00E9"), ("Server", "\u00E9\u20AC"), ("Server", "")), end: true)));

    [Fact]
    public void Data_Empty_Bytes()
    {
        AssertBytes("00 00 00  00  00  00 00 00 07", FrameCodec.Write(static output => DataFrame.Write(output, 7, [], end: false)));
        AssertBytes("00 00 00  00  01  00 00 00 07", FrameCodec.Write(static output => DataFrame.Write(output, 7, [], end: true)));
    }

    [Fact]
    public void Data_Longest_Bytes()
    {
        var written = FrameCodec.Write(static output => DataFrame.Write(output, 7, new byte[FrameLimits.Data], end: false));

        AssertBytes("01 00 00  00  00  00 00 00 07", written[..FrameHeader.Size]);
        Assert.Equal(FrameHeader.Size + 65_536, written.Length);
    }

    [Fact]
    public void Trailers_Bytes()
    {
        AssertBytes(
            "00 00 0f  03  00  00 00 00 07   1e 03 22 61 22   00 05 78 2d 73 75 6d 02 31 32",
            FrameCodec.Write(static output => TrailersFrame.Write(output, 7, FrameCodec.Section(("ETag", "\"a\""), ("x-sum", "12")))));
        AssertBytes("00 00 00  03  00  00 00 00 07", FrameCodec.Write(static output => TrailersFrame.Write(output, 7, FrameCodec.Section())));
    }

    [Fact]
    public void Credit_LeastAndMost_Bytes()
    {
        AssertBytes("00 00 04  04  00  00 00 00 07   00 00 00 01", FrameCodec.Write(static output => CreditFrame.Write(output, 7, 1)));
        AssertBytes("00 00 04  04  00  00 00 00 07   7f ff ff ff", FrameCodec.Write(static output => CreditFrame.Write(output, 7, FrameLimits.MostCredit)));
        Assert.Equal(uint.MaxValue, CreditFrame.Read([0xFF, 0xFF, 0xFF, 0xFF]));
    }

    [Fact]
    public void Reset_Bytes()
    {
        AssertBytes("00 00 02  05  00  00 00 00 07   00 0c", FrameCodec.Write(static output => ResetFrame.Write(output, 7, ErrorCode.Overflow)));
        Assert.Equal((ErrorCode)0xFFFE, ResetFrame.Read([0xFF, 0xFE]));
    }

    [Fact]
    public void GoAway_Bytes()
    {
        AssertBytes(
            "00 00 09  09  00  00 00 00 00   80 00 00 01   00 0e   62 79 65",
            FrameCodec.Write(static output => GoAwayFrame.Write(output, new GoAwayFrame(0x8000_0001, ErrorCode.Stopping, "bye"))));
        AssertBytes(
            "00 00 06  09  00  00 00 00 00   00 00 00 00   00 00",
            FrameCodec.Write(static output => GoAwayFrame.Write(output, new GoAwayFrame(0, ErrorCode.Done, ""))));
    }

    [Theory]
    [InlineData("00 00 00  00  00  00 00 00 00", 0, FrameType.Data, FrameFlags.None, 0u)]
    [InlineData("ff ff ff  fe  fd  ff ff ff ff", 0xFF_FFFF, (FrameType)0xFE, (FrameFlags)0xFD, uint.MaxValue)]
    [InlineData("01 02 03  09  01  80 00 00 01", 0x01_0203, FrameType.GoAway, FrameFlags.End, 0x8000_0001)]
    public void Header_EveryBit_ReadAndWritten(string bytes, int length, object type, object flags, uint stream)
    {
        var header = new FrameHeader(length, (FrameType)type, (FrameFlags)flags, stream);

        Assert.Equal(header, FrameHeader.Read(FrameCodec.Hex(bytes)));
        var written = new byte[FrameHeader.Size];
        header.Write(written);
        AssertBytes(bytes, written);
    }

    private static void AssertBytes(string expected, byte[] actual) =>
        Assert.Equal(Convert.ToHexString(FrameCodec.Hex(expected)), Convert.ToHexString(actual));
}
