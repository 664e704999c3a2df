namespace Iskandar.FunctionalTests.Binary.Codec;

/// <summary>The codec of these tests, where the document has no example.</summary>
public class CodecTests
{
    [Theory]
    [InlineData(0, 0, "00")]
    [InlineData(63, 0, "3F")]
    [InlineData(64, 0, "4040")]
    [InlineData(16_383, 0, "7FFF")]
    [InlineData(16_384, 0, "80004000")]
    [InlineData(1, 2, "4001")]
    [InlineData(1, 4, "80000001")]
    [InlineData(1, 8, "C000000000000001")]
    // RFC 9000, appendix A.1.
    [InlineData(494_878_333, 0, "9D7F3E7D")]
    [InlineData(15_293, 0, "7BBD")]
    [InlineData(37, 0, "25")]
    [InlineData(37, 2, "4025")]
    public void Size_Written_IsThatOfRfc9000(int value, int length, string bytes)
    {
        Assert.Equal(bytes, Convert.ToHexString(new PayloadWriter().Size(value, length).ToBytes()));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(63, 1)]
    [InlineData(63, 4)]
    [InlineData(64, 2)]
    [InlineData(16_384, 4)]
    [InlineData(1_073_741_823, 4)]
    public void Size_Read_IsWhatWasWritten(int value, int length)
    {
        var reader = new PayloadReader(new PayloadWriter().Size(value, length).ToBytes());

        Assert.Equal(value, reader.Size());
        Assert.True(reader.IsAtEnd);
    }

    [Theory]
    [InlineData(0x01, "accept")]
    [InlineData(0x13, "connection")]
    [InlineData(0x23, "host")]
    [InlineData(0x3d, "set-cookie")]
    [InlineData(0x42, "upgrade")]
    [InlineData(0x50, "x-xss-protection")]
    public void Name_OfTheTable_HasItsIndex(int index, string name)
    {
        Assert.Equal((name, index, 0x50), (NameTable.NameOf(index), NameTable.IndexOf(name.ToUpperInvariant()), NameTable.Last));
    }

    [Fact]
    public void Head_WithAllThereCanBe_IsReadAsWritten()
    {
        var head = new RequestHead("PURGE", "/a?" + new string('b', 20_000), new FieldSection([("X-Many", "1"), ("x-many", ""), ("cookie", "caf\u00e9\tx")]));

        var read = RequestHead.Parse(head.ToBytes());

        Assert.Equal((head.Method, head.Target), (read.Method, read.Target));
        Assert.Equal(head.Fields.Lines, read.Fields.Lines);
    }

    [Fact]
    public void GoAway_Read_IsWhatWasWritten()
    {
        var goAway = new GoAway(7, ErrorCode.TunnelClosing, "caf\u00e9");

        Assert.Equal(goAway, GoAway.Parse(Assert.Single(Frame.Parse(Frame.GoAway(7, ErrorCode.TunnelClosing, "caf\u00e9").ToBytes())).Payload));
    }

    [Theory]
    [InlineData("0000")]
    [InlineData("000001000000000001")]
    [InlineData("01000100000000000100")]
    [InlineData("000003040000000001000000")]
    [InlineData("000000080000000000")]
    public void Message_NotAllowed_IsAViolation(string message)
    {
        Assert.Throws<ProtocolViolationException>(() => Frame.Parse(Convert.FromHexString(message)));
    }

    [Theory]
    [InlineData("00c80003782d61")]
    [InlineData("00c8510131")]
    [InlineData("00c800000131")]
    [InlineData("00c800037820610131")]
    [InlineData("00c80003782d61020d0a")]
    [InlineData("00c80003782d61022031")]
    [InlineData("00c800c000000000000001610131")]
    [InlineData("0063")]
    [InlineData("0258")]
    [InlineData("00")]
    [InlineData("00c8000161013100016201310001610131")]
    public void ResponseHead_NotAllowed_IsAViolation(string payload)
    {
        Assert.Throws<ProtocolViolationException>(() => ResponseHead.Parse(Convert.FromHexString(payload)));
    }
}
