using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;

namespace Iskandar.Tests.Protocol.Frames;

/// <summary>What no head and no trailer section may be.</summary>
public sealed class HeadFaultTests
{
    /// <summary>Bytes of field lines that are refused wherever they stand.</summary>
    public static TheoryData<string, string> Lines => new()
    {
        { "51 01 61", "an index behind the table" },
        { "7f 01 61", "an index far behind the table" },
        { "ff 01 61", "the last index" },
        { "01", "no value" },
        { "01 40", "half a size" },
        { "01 80 00 00", "most of a size" },
        { "01 01", "a value that isn't there" },
        { "01 02 61", "a value that is cut" },
        { "01 bf ff ff ff 61", "a value of the longest size" },
        { "01 c0 00 00 00 00 00 00 01 61", "a size of 8 bytes" },
        { "00", "no name" },
        { "00 01", "a name that isn't there" },
        { "00 03 61 62", "a name that is cut" },
        { "00 c0 00 00 00 00 00 00 01 61 01 62", "a name with a size of 8 bytes" },
        { "00 01 61", "a name of its own without value" },
        { "00 01 61 02 62", "a name of its own and a value that is cut" },
        { "00 00 01 61", "an empty name" },
        { "00 02 61 20 01 62", "a name with a space" },
        { "00 02 61 3a 01 62", "a name with a colon" },
        { "00 02 61 0a 01 62", "a name with a line feed" },
        { "00 02 61 00 01 62", "a name with NUL" },
        { "00 02 61 e9 01 62", "a name with obs-text" },
        { "01 02 61 0a", "a value with a line feed at its end" },
        { "01 01 0d", "a value that is a carriage return" },
        { "00 01 61 03 61 00 62", "NUL in the value of a name of its own" },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public void Line_NotAllowed_Invalid(string line, string what)
    {
        var bytes = FrameCodec.Hex(line);
        byte[] good = [0x02, 1, (byte)'x', .. bytes];

        Assert.Equal((what, FieldLinesResult.Invalid), (what, ReadLines(bytes)));
        Assert.Equal((what, FieldLinesResult.Invalid), (what, ReadLines(good)));
        Assert.Equal((what, FieldLinesResult.Invalid), (what, ReadRequest([0x01, 0x01, 0x2F, .. good])));
        Assert.Equal((what, FieldLinesResult.Invalid), (what, ReadResponse([0x00, 0xC8, .. good])));
    }

    [Fact]
    public void Value_EveryByte_OnlyControlCharactersInvalid()
    {
        for (var value = 0; value <= byte.MaxValue; value++)
        {
            var isControl = value is (< 0x20 and not '\t') or 0x7F;
            var expected = isControl ? FieldLinesResult.Invalid : FieldLinesResult.Ok;

            Assert.Equal((value, expected), (value, ReadLines([0x01, 3, (byte)'a', (byte)value, (byte)'b'])));
            Assert.Equal((value, expected), (value, ReadLines([0x00, 1, (byte)'n', 3, (byte)'a', (byte)value, (byte)'b'])));
        }
    }

    [Theory]
    [InlineData("", "nothing")]
    [InlineData("09 01 2f", "a method behind the list")]
    [InlineData("ff 01 2f", "the last method")]
    [InlineData("00", "no method")]
    [InlineData("00 04 50 55 52", "a method that is cut")]
    [InlineData("00 00 01 2f", "an empty method")]
    [InlineData("00 03 50 20 52 01 2f", "a method with a space")]
    [InlineData("00 03 50 e9 52 01 2f", "a method with obs-text")]
    [InlineData("00 c0 00 00 00 00 00 00 03 50 55 52 01 2f", "a method with a size of 8 bytes")]
    [InlineData("01", "no target")]
    [InlineData("01 40", "half the size of a target")]
    [InlineData("01 02 2f", "a target that is cut")]
    [InlineData("01 c0 00 00 00 00 00 00 01 2f", "a target with a size of 8 bytes")]
    [InlineData("01 00", "an empty target")]
    [InlineData("01 01 61", "a target without slash")]
    [InlineData("01 0a 68 74 74 70 3a 2f 2f 61 2f 62", "a target with a host")]
    [InlineData("01 03 2f 20 61", "a target with a space")]
    [InlineData("01 03 2f 0a 61", "a target with a line feed")]
    [InlineData("01 03 2f 7f 61", "a target with DEL")]
    [InlineData("01 03 2f e9 61", "a target with obs-text")]
    [InlineData("01 01 2a", "an asterisk and GET")]
    [InlineData("07 02 2a 2a", "two asterisks")]
    public void Request_NotAllowed_Invalid(string payload, string what) =>
        Assert.Equal((what, FieldLinesResult.Invalid), (what, ReadRequest(FrameCodec.Hex(payload))));

    [Theory]
    [InlineData("07 01 2a", "OPTIONS", "*")]
    [InlineData("00 07 4f 50 54 49 4f 4e 53 01 2a", "OPTIONS", "*")]
    [InlineData("00 03 47 45 54 80 00 00 02 2f 61", "GET", "/a")]
    [InlineData("01 40 03 2f 2f 61", "GET", "//a")]
    public void Request_Unusual_Read(string payload, string method, string target)
    {
        var head = FrameCodec.ReadRequest(FrameCodec.Hex(payload));

        Assert.Equal((method, target, 0), (head.Method, head.Target, head.Fields.Count));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("00 00")]
    [InlineData("00 63")]
    [InlineData("02 58")]
    [InlineData("ff ff")]
    public void Response_NoStatus_Invalid(string payload) => Assert.Equal(FieldLinesResult.Invalid, ReadResponse(FrameCodec.Hex(payload)));

    [Theory]
    [InlineData("00 64", 100)]
    [InlineData("00 65", 101)]
    [InlineData("00 c8", 200)]
    [InlineData("02 57", 599)]
    public void Response_Status_Read(string payload, int status) => Assert.Equal(status, FrameCodec.ReadResponse(FrameCodec.Hex(payload)).Status);

    [Fact]
    public void Request_CutAnywhere_NeverTakenForTheWhole()
    {
        var head = FrameCodec.Request("QUERY", "/abc", ("host", "a.example"), ("x-name", "value"), ("accept", ""));
        var payload = FrameCodec.Payload(output => RequestFrame.Write(output, 1, head, FrameFlags.None));
        var lines = new HashSet<int>();
        for (var length = 0; length < payload.Length; length++)
        {
            var read = new RequestHead();
            if (RequestFrame.Read(payload.AsSpan(0, length), read, new FieldLineReader(FrameCodec.NoLimit)) == FieldLinesResult.Ok)
            {
                lines.Add(read.Fields.Count);
            }
        }

        Assert.Equal([0, 1, 2], lines);
    }

    private static FieldLinesResult ReadLines(byte[] payload) => new FieldLineReader(FrameCodec.NoLimit).Read(payload, new FieldSection());

    private static FieldLinesResult ReadRequest(byte[] payload) => RequestFrame.Read(payload, new RequestHead(), new FieldLineReader(FrameCodec.NoLimit));

    private static FieldLinesResult ReadResponse(byte[] payload) => ResponseFrame.Read(payload, new ResponseHead(), new FieldLineReader(FrameCodec.NoLimit));
}
