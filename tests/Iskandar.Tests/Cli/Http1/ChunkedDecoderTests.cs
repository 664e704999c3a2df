using System.Text;
using CsCheck;
using Iskandar.Cli.Forwarding.Http1;

namespace Iskandar.Tests.Cli.Http1;

/// <summary>Chunked content (RFC 9112 section 7.1).</summary>
public sealed class ChunkedDecoderTests
{
    private static readonly Gen<string> Extensions = Gen.OneOf(
        Gen.Const(""), Gen.Const(";a"), Gen.Const(";a=b"), Gen.Const(" ; a=\"x;y\""), Gen.Const("\t;a;b=\u00E9"), Gen.Const(" "), Gen.Const("\t "));

    private static readonly Gen<(byte[] Content, string SizeLine)> Chunks = Gen.Select(Gen.Byte.Array[1, 300], Gen.Int[0, 20], Gen.Bool, Extensions, (content, zeros, upper, extension) =>
        (content, new string('0', zeros) + content.Length.ToString(upper ? "X" : "x", null) + extension));

    [Fact]
    public void AnyContent_InAnyPieces_TheSameContent() => Gen.Select(Chunks.Array[0, 8], Gen.Int[1, 40].Array[1, 20], Gen.Bool, Gen.Int[1, 20], Extensions).Sample(
        static (chunks, pieces, byteByByte, zeros, extension) =>
        {
            var bytes = new List<byte>();
            foreach (var (content, sizeLine) in chunks)
            {
                bytes.AddRange([.. Encoding.Latin1.GetBytes(sizeLine + "\r\n"), .. content, .. "\r\n"u8]);
            }

            bytes.AddRange(Encoding.Latin1.GetBytes(new string('0', zeros) + extension + "\r\n"));
            var expected = chunks.SelectMany(static chunk => chunk.Content).ToArray();

            // What follows the last chunk is left alone.
            var (decoded, taken, isAtTrailers) = Decode([.. bytes, .. "X: 1\r\n\r\n"u8], byteByByte ? [1] : pieces);

            Assert.Equal(expected, decoded);
            Assert.Equal((bytes.Count, true), (taken, isAtTrailers));
        },
        iter: 500);

    [Fact]
    public void AnyBytes_InAnyPieces_TheSameAsAtOnce() => Gen.Select(
            Gen.OneOf("0", "1", "2", "A", "f", "\r\n", "\n", "\r", ";", " ", "\t", "x", "-", "\0", "ab", "\r\n0\r\n", "2\r\nab\r\n").Array[0, 12], Gen.Int[1, 5].Array[1, 10])
        .Sample(
            static (parts, pieces) =>
            {
                var bytes = Encoding.Latin1.GetBytes(string.Concat(parts));
                Assert.Equal(Outcome(bytes, [bytes.Length + 1]), Outcome(bytes, pieces));
            },
            iter: 3_000);

    [Theory]
    [InlineData("a\r\n0123456789\r\n0\r\n", "0123456789")]
    [InlineData("A\r\n0123456789\r\n0\r\n", "0123456789")]
    [InlineData("00000000000000000000a\r\n0123456789\r\n0000\r\n", "0123456789")]
    [InlineData("5;name=value;other=\"q\"\r\nhello\r\n0;last\r\n", "hello")]
    [InlineData("5 \t;name\r\nhello\r\n0\r\n", "hello")]
    [InlineData("5\r\n\r\n0\r\n\r\n0\r\n", "\r\n0\r\n")]
    [InlineData("0\r\n", "")]
    public void Chunks_WellFormed_Content(string bytes, string content)
    {
        var (decoded, taken, isAtTrailers) = Decode(Encoding.Latin1.GetBytes(bytes), [int.MaxValue]);

        Assert.Equal(content, Encoding.Latin1.GetString(decoded));
        Assert.Equal((bytes.Length, true), (taken, isAtTrailers));
    }

    [Fact]
    public void Lines_EndingWithLfAlone_Taken()
    {
        var (decoded, _, isAtTrailers) = Decode("5\nhello\n3;x\nabc\n0\n"u8.ToArray(), [int.MaxValue]);

        Assert.Equal(("helloabc", true), (Encoding.Latin1.GetString(decoded), isAtTrailers));
    }

    [Theory]
    [InlineData("5\r\nhell")]
    [InlineData("5\r\nhello")]
    [InlineData("5\r\nhello\r\n")]
    [InlineData("5\r\nhello\r\n0")]
    [InlineData("5\r\nhello\r\n0\r")]
    public void Chunks_CutShort_NotAtTheTrailers(string bytes) => Assert.False(Decode(Encoding.Latin1.GetBytes(bytes), [int.MaxValue]).IsAtTrailers);

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\n")]
    [InlineData(";x\r\n")]
    [InlineData("g\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("+1\r\n")]
    [InlineData(" 1\r\n")]
    [InlineData("\t1\r\n")]
    [InlineData("0x1\r\n")]
    [InlineData("1x\r\n")]
    [InlineData("1_0\r\n")]
    [InlineData("1,\r\n")]
    [InlineData("1 1\r\n")]
    [InlineData("1 x\r\n")]
    [InlineData("1\r\r\n")]
    [InlineData("1\rx\n")]
    [InlineData("1\r;x\r\n")]
    [InlineData("1;x\ry\r\n")]
    [InlineData("1;\0\r\n")]
    [InlineData("1;\u007F\r\n")]
    [InlineData("\u00B2\r\n")]
    public void SizeLine_Malformed_Refused(string bytes) => Assert.Equal("refused", Outcome(Encoding.Latin1.GetBytes(bytes), [int.MaxValue]));

    [Theory]
    [InlineData("x")]
    [InlineData("0\r\n")]
    [InlineData("\rx")]
    [InlineData("\r\r\n")]
    [InlineData(" \r\n")]
    public void BehindContent_NoEndOfLine_Refused(string bytes) => Assert.Equal("refused", Outcome(Encoding.Latin1.GetBytes("5\r\nhello" + bytes), [int.MaxValue]));

    [Theory]
    [InlineData("7FFFFFFFFFFFFFFFF")]
    [InlineData("8000000000000000")]
    [InlineData("FFFFFFFFFFFFFFFF")]
    [InlineData("10000000000000000")]
    [InlineData("10000000000000005")]
    [InlineData("100000000000000000000000000000005")]
    public void Size_LongerThanAnything_Refused(string size) => Assert.Equal("refused", Outcome(Encoding.Latin1.GetBytes(size + "\r\nhello\r\n"), [int.MaxValue]));

    [Fact]
    public void Size_Huge_CountedDown()
    {
        var decoder = default(ChunkedDecoder);

        Assert.Equal(10 + 2 + 100, decoder.Decode([.. "FFFFFFFFFF\r\n"u8, .. new byte[100]], out var content));
        Assert.Equal(12..112, content);
        Assert.Equal(1_000, decoder.Decode(new byte[1_000], out content));
        Assert.Equal(0..1_000, content);
    }

    [Theory]
    [InlineData("5;", 'x')]
    [InlineData("5", ' ')]
    [InlineData("", '0')]
    public void SizeLine_WithoutEnd_Refused(string start, char then) =>
        Assert.Equal("refused", Outcome(Encoding.Latin1.GetBytes(start + new string(then, 20_000)), [100]));

    private static string Outcome(byte[] bytes, int[] pieces)
    {
        try
        {
            var (content, taken, isAtTrailers) = Decode(bytes, pieces);
            return $"{Convert.ToHexString(content)} {taken} {isAtTrailers}";
        }
        catch (MalformedResponseException)
        {
            return "refused";
        }
    }

    /// <summary>Decodes what comes in pieces of these lengths, over and over.</summary>
    private static (byte[] Content, int Taken, bool IsAtTrailers) Decode(byte[] bytes, int[] pieces)
    {
        var decoder = default(ChunkedDecoder);
        var decoded = new List<byte>();
        var (at, end) = (0, 0);
        for (var piece = 0; end < bytes.Length && !decoder.IsAtTrailers; piece++)
        {
            end = (int)Math.Min(bytes.Length, (long)end + pieces[piece % pieces.Length]);
            while (at < end && !decoder.IsAtTrailers)
            {
                var taken = decoder.Decode(bytes.AsSpan(at..end), out var content);
                Assert.True(taken > 0);
                decoded.AddRange(bytes[at..(at + taken)][content]);
                at += taken;
            }
        }

        return ([.. decoded], at, decoder.IsAtTrailers);
    }
}
