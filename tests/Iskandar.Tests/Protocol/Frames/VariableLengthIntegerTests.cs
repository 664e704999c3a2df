using CsCheck;
using Iskandar.Protocol.Frames;

namespace Iskandar.Tests.Protocol.Frames;

public sealed class VariableLengthIntegerTests
{
    [Theory]
    [InlineData(0, "00")]
    [InlineData(37, "25")]
    [InlineData(63, "3f")]
    [InlineData(64, "40 40")]
    [InlineData(15_293, "7b bd")]
    [InlineData(16_383, "7f ff")]
    [InlineData(16_384, "80 00 40 00")]
    [InlineData(494_878_333, "9d 7f 3e 7d")]
    [InlineData(VariableLengthInteger.MaxValue, "bf ff ff ff")]
    public void Value_WrittenInTheShortestForm_AndReadAgain(int value, string bytes)
    {
        var expected = FrameCodec.Hex(bytes);
        var written = new byte[expected.Length];

        Assert.Equal(expected.Length, VariableLengthInteger.Write(written, value));
        Assert.Equal(expected, written);
        AssertRead(value, expected);
    }

    [Theory]
    [InlineData(0, "40 00")]
    [InlineData(0, "80 00 00 00")]
    [InlineData(37, "40 25")]
    [InlineData(37, "80 00 00 25")]
    [InlineData(63, "40 3f")]
    [InlineData(15_293, "80 00 3b bd")]
    public void LongerForm_ThanIsNeeded_Read(int value, string bytes) => AssertRead(value, FrameCodec.Hex(bytes));

    [Theory]
    [InlineData("")]
    [InlineData("40")]
    [InlineData("7f")]
    [InlineData("80")]
    [InlineData("80 00")]
    [InlineData("80 00 00")]
    [InlineData("c0")]
    [InlineData("c0 00 00 00 00 00 00 00")]
    [InlineData("c0 00 00 00 00 00 00 00 00")]
    [InlineData("ff ff ff ff ff ff ff ff")]
    public void Bytes_EndTooEarlyOrEightLong_NotReadAndNothingTaken(string text)
    {
        ReadOnlySpan<byte> bytes = FrameCodec.Hex(text);
        var before = bytes.Length;

        Assert.False(VariableLengthInteger.TryRead(ref bytes, out var value));
        Assert.Equal((before, 0), (bytes.Length, value));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(VariableLengthInteger.MaxValue + 1)]
    [InlineData(int.MaxValue)]
    public void Value_OutOfRange_Refused(int value) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => VariableLengthInteger.Write(new byte[8], value));

    [Fact]
    public void Value_Any_ReadAsWritten() => Gen.OneOf(Gen.Int[0, 100], Gen.Int[16_300, 16_500], Gen.Int[0, VariableLengthInteger.MaxValue]).Sample(
        static value =>
        {
            Span<byte> bytes = stackalloc byte[4];
            var length = VariableLengthInteger.Write(bytes, value);
            AssertRead(value, bytes[..length].ToArray());
        },
        iter: 2_000);

    // With and without something behind.
    private static void AssertRead(int expected, byte[] bytes)
    {
        ReadOnlySpan<byte> alone = bytes;
        Assert.True(VariableLengthInteger.TryRead(ref alone, out var value));
        Assert.Equal((expected, 0), (value, alone.Length));

        ReadOnlySpan<byte> followed = [.. bytes, 0xFF];
        Assert.True(VariableLengthInteger.TryRead(ref followed, out value));
        Assert.Equal((expected, 1), (value, followed.Length));
    }
}
