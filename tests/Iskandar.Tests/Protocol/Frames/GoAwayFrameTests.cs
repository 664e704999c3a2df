using System.Text;
using CsCheck;
using Iskandar.Protocol.Frames;

namespace Iskandar.Tests.Protocol.Frames;

public sealed class GoAwayFrameTests
{
    private const int MostReason = FrameLimits.GoAway - 6;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    [Theory]
    [InlineData("")]
    [InlineData("The server is stopping.")]
    [InlineData("é€😀")]
    public void Frame_AnyReason_ReadAsWritten(string reason)
    {
        var frame = new GoAwayFrame(uint.MaxValue, ErrorCode.FlowControlError, reason);

        Assert.Equal(frame, GoAwayFrame.Read(FrameCodec.Payload(output => GoAwayFrame.Write(output, frame))));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("é")]
    [InlineData("€")]
    [InlineData("😀")]
    public void Reason_TooLong_CutBetweenCharacters(string character)
    {
        var size = Encoding.UTF8.GetByteCount(character);
        for (var before = 0; before <= 8; before++)
        {
            var reason = new string('x', before) + string.Concat(Enumerable.Repeat(character, MostReason));

            var payload = FrameCodec.Payload(output => GoAwayFrame.Write(output, new GoAwayFrame(1, ErrorCode.ProtocolError, reason)));

            Assert.Equal(FrameLimits.GoAway - ((MostReason - before) % size), payload.Length);
            Assert.StartsWith(Strict.GetString(payload.AsSpan(6)), reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Reason_OfTheMostBytes_Whole()
    {
        var reason = new string('x', MostReason - 4) + "😀";

        Assert.Equal(reason, GoAwayFrame.Read(FrameCodec.Payload(output => GoAwayFrame.Write(output, new GoAwayFrame(1, ErrorCode.Done, reason)))).Reason);
    }

    [Fact]
    public void Reason_OfAnyCharacters_ValidUtf8AndWithinTheLimit() =>
        Gen.OneOf(Gen.Char.Array[0, 1_100], Gen.Char["\uD83D\uDE00\u20ACa"].Array[300, 1_100]).Sample(
            static characters =>
            {
                var reason = new string(characters);

                var payload = FrameCodec.Payload(output => GoAwayFrame.Write(output, new GoAwayFrame(1, ErrorCode.Done, reason)));

                Assert.InRange(payload.Length, 6, FrameLimits.GoAway);
                var whole = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(reason));
                var read = Strict.GetString(payload.AsSpan(6));
                Assert.StartsWith(read, whole, StringComparison.Ordinal);
                Assert.True(read.Length == whole.Length || payload.Length > FrameLimits.GoAway - 4, "No more is cut than must be.");
            },
            iter: 1_000);

    [Theory]
    [InlineData("")]
    [InlineData("00 00 00 00 00")]
    public void Payload_TooShort_ConnectionFault(string payload) =>
        Assert.Equal(ErrorCode.ProtocolError, Assert.Throws<ConnectionFaultException>(() => GoAwayFrame.Read(FrameCodec.Hex(payload))).Code);

    [Fact]
    public void Reason_NotUtf8_ReadAllTheSame() => Assert.Equal("\uFFFDa", GoAwayFrame.Read([0, 0, 0, 1, 0, 1, 0xFF, (byte)'a']).Reason);
}
