using System.Text;
using CsCheck;
using Iskandar.Cli.Forwarding.Http1;
using Microsoft.AspNetCore.Http;

namespace Iskandar.Tests.Cli.Http1;

/// <summary>Heads of responses (RFC 9112 sections 4 to 6).</summary>
public sealed class ResponseHeadParserTests
{
    private static readonly Gen<(string Name, string Value)> Fields = Gen.Select(
        Gen.OneOf("A", "a", "X-Own", "Set-Cookie", "set-cookie", "Date", "Server", "Iskandar-Error", "Iskandar"),
        Gen.OneOf("", "a", "b", "ab", "\u00E9", " a", "a b", "a:b", new string('a', 240), new string('a', 250), new string('a', 300), new string('b', 300)));

    [Theory]
    [InlineData("HTTP/1.1 200 OK", 200, false)]
    [InlineData("HTTP/1.1 200 ", 200, false)]
    [InlineData("HTTP/1.1 200", 200, false)]
    [InlineData("HTTP/1.0 404 Not Found", 404, true)]
    [InlineData("HTTP/1.1 599 \u00E9", 599, false)]
    [InlineData("HTTP/1.1 103 Early Hints", 103, false)]
    public void StatusLine_Valid_Read(string line, int status, bool isVersion10)
    {
        foreach (var end in (string[])["\r\n", "\n"])
        {
            ReadOnlySpan<byte> head = Bytes(line + end + "A: b" + end + end);

            Assert.Equal(status, ResponseHeadParser.ParseStatusLine(ref head, out var is10));
            Assert.Equal((isVersion10, "A: b" + end + end), (is10, Encoding.Latin1.GetString(head)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/2 200 OK")]
    [InlineData("HTTP/2.0 200 OK")]
    [InlineData("HTTP/1.2 200 OK")]
    [InlineData("HTTP/0.9 200 OK")]
    [InlineData("HTTP/1.10 200 OK")]
    [InlineData("http/1.1 200 OK")]
    [InlineData(" HTTP/1.1 200 OK")]
    [InlineData("ICY 200 OK")]
    [InlineData("HTTP/1.1")]
    [InlineData("HTTP/1.1 ")]
    [InlineData("HTTP/1.1 20 OK")]
    [InlineData("HTTP/1.1 20")]
    [InlineData("HTTP/1.1 2000 OK")]
    [InlineData("HTTP/1.1 099 OK")]
    [InlineData("HTTP/1.1 000 OK")]
    [InlineData("HTTP/1.1  200 OK")]
    [InlineData("HTTP/1.1\t200 OK")]
    [InlineData("HTTP/1.1 200\tOK")]
    [InlineData("HTTP/1.1 2 0 OK")]
    [InlineData("HTTP/1.1 -20 OK")]
    [InlineData("HTTP/1.1 +20 OK")]
    [InlineData("HTTP/1.1 2\u00B200 OK")]
    [InlineData("HTTP/1.1 OK")]
    public void StatusLine_Malformed_Refused(string line) => Assert.Throws<MalformedResponseException>(() =>
    {
        ReadOnlySpan<byte> head = Bytes(line + "\r\n\r\n");
        ResponseHeadParser.ParseStatusLine(ref head, out _);
    });

    [Theory]
    [InlineData("A: b\r\n\r\n", 8)]
    [InlineData("A: b\n\n", 6)]
    [InlineData("A: b\r\n\n", 7)]
    [InlineData("A: b\n\r\n", 7)]
    [InlineData("A: b\r\n\r\nA: b\r\n\r\n", 8)]
    [InlineData("", -1)]
    [InlineData("\r", -1)]
    [InlineData("A: b\r\n", -1)]
    [InlineData("A: b\r\n\r", -1)]
    [InlineData("A: b\r\r", -1)]
    [InlineData("A: b\n\r\r\n", -1)]
    [InlineData("A: b\r\n \r\n", -1)]
    public void End_BehindTheFirstEmptyLine(string bytes, int expected) => Assert.Equal(expected, ResponseHeadParser.FindEnd(Bytes(bytes)));

    [Theory]
    [InlineData("A: b\r\n", "A=b")]
    [InlineData("A:b\n", "A=b")]
    [InlineData("A: \t b c \t\r\n", "A=b c")]
    [InlineData("A \t: b\r\n", "A=b")]
    [InlineData("A:\r\nB: \r\n", "A= B=")]
    [InlineData("A: b:c\r\n", "A=b:c")]
    [InlineData("A: \u00E9\u0080\u00FF\r\n", "A=\u00E9\u0080\u00FF")]
    [InlineData("A: b\tc\r\n", "A=b\tc")]
    [InlineData("Set-Cookie: a=1\r\nB: c\r\nset-cookie: b=2, c\r\nSet-Cookie: a=1\r\n", "Set-Cookie=a=1|b=2, c|a=1 B=c")]
    [InlineData("A: \r\nA: 1\r\nA: \r\n", "A=|1|")]
    [InlineData("Iskandar-Error: x\r\nISKANDAR-anything: x\r\niskandar-: x\r\nIskandar: y\r\n", "Iskandar=y")]
    [InlineData("Content-Length: 5\r\n", "Content-Length=5")]
    [InlineData("", "")]
    public void Lines_WellFormed_Fields(string lines, string expected) => Assert.Equal(expected, Text(new ResponseHeadParser(), lines + "\r\n"));

    [Theory]
    [InlineData("A: b\r\n c\r\n")]
    [InlineData("A: b\r\n\tc\r\n")]
    [InlineData("A: b\r\n \r\n")]
    [InlineData(" A: b\r\n")]
    [InlineData("A\r\n")]
    [InlineData(": b\r\n")]
    [InlineData(" : b\r\n")]
    [InlineData("A B: c\r\n")]
    [InlineData("A(: c\r\n")]
    [InlineData("A\u00E9: c\r\n")]
    [InlineData("A\0: c\r\n")]
    [InlineData("A\r: c\r\n")]
    [InlineData("A: b\rc\r\n")]
    [InlineData("A: b\r\r\n")]
    [InlineData("A: \0\r\n")]
    [InlineData("A: b\u0001\r\n")]
    [InlineData("A: b\u007F\r\n")]
    [InlineData("A: b\u000Bc\r\n")]
    [InlineData("Iskandar-A: b\u0001\r\n")]
    public void Lines_Malformed_Refused(string lines) => Assert.Throws<MalformedResponseException>(() => Text(new ResponseHeadParser(), lines + "\r\n"));

    [Theory]
    [InlineData("Content-Length: 5", 5)]
    [InlineData("Content-Length: 0", 0)]
    [InlineData("content-length:\t005 ", 5)]
    [InlineData("Content-Length: 9223372036854775807", long.MaxValue)]
    public void Length_One_Taken(string line, long expected) => Assert.Equal(new ResponseFraming(expected, false, true), Frame(line).Framing);

    [Theory]
    [InlineData("Content-Length: 5\r\nContent-Length: 5")]
    [InlineData("Content-Length: 5, 5")]
    [InlineData("Content-Length: 5,5\r\ncontent-length: 5\t")]
    public void Length_SaidTwiceAlike_SaidOnce(string lines)
    {
        var (framing, headers) = Frame(lines);

        Assert.Equal((5, "5"), (framing.Length, Assert.Single(headers["Content-Length"])));
    }

    [Theory]
    [InlineData("5, 6")]
    [InlineData("5\r\nContent-Length: 6")]
    [InlineData("5\r\nContent-Length:")]
    [InlineData("-5")]
    [InlineData("+5")]
    [InlineData("0x5")]
    [InlineData("5A")]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("5 5")]
    [InlineData("5.0")]
    [InlineData("1e3")]
    [InlineData("five")]
    [InlineData("\u00B2")]
    [InlineData("9223372036854775808")]
    [InlineData("18446744073709551621")]
    [InlineData("100000000000000000000000000000000000005")]
    public void Length_Malformed_Refused(string value) => Assert.Throws<MalformedResponseException>(() => Frame("Content-Length: " + value));

    [Theory]
    [InlineData("Transfer-Encoding: chunked")]
    [InlineData("transfer-encoding: CHUNKED")]
    public void Chunked_ByItself_ConnectionKept(string line) => Assert.Equal(new ResponseFraming(null, true, true), Frame(line).Framing);

    [Theory]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 5")]
    [InlineData("Content-Length: x\r\nTransfer-Encoding: chunked")]
    public void Chunked_AndALength_ChunksWinAndConnectionNotKept(string lines)
    {
        var (framing, headers) = Frame(lines);

        Assert.Equal(new ResponseFraming(null, true, false), framing);
        Assert.False(headers.ContainsKey("Content-Length"));
    }

    [Theory]
    [InlineData("gzip, chunked")]
    [InlineData("gzip")]
    [InlineData("chunked, gzip")]
    [InlineData("chunked, chunked")]
    [InlineData("chunked\r\nTransfer-Encoding: chunked")]
    [InlineData("identity")]
    [InlineData("chunked;q=1")]
    [InlineData("xchunked")]
    [InlineData("")]
    public void Codings_Other_Refused(string value) => Assert.Throws<MalformedResponseException>(() => Frame("Transfer-Encoding: " + value));

    [Fact]
    public void Chunked_InHttp10_Refused() => Assert.Throws<MalformedResponseException>(() => Frame("Transfer-Encoding: chunked", isVersion10: true));

    [Theory]
    [InlineData("X: y", true, false)]
    [InlineData("Connection: close", false, false)]
    [InlineData("Connection: Close", false, false)]
    [InlineData("Connection: a, CLOSE ,b", false, false)]
    [InlineData("Connection: a\r\nConnection: close", false, false)]
    [InlineData("Connection: keep-alive", true, true)]
    [InlineData("connection: x,Keep-Alive", true, true)]
    [InlineData("Connection: keep-alive, close", false, false)]
    [InlineData("Connection: not-close", true, false)]
    [InlineData("Connection:", true, false)]
    public void Connection_ByVersion_KeptOrNot(string lines, bool in11, bool in10)
    {
        // RFC 9112 section 9.3: whoever says close means it, whatever else is said.
        Assert.Equal((in11, in10), (Frame(lines).Framing.KeepsAlive, Frame(lines, isVersion10: true).Framing.KeepsAlive));
    }

    [Fact]
    public void NoLength_UntilTheConnectionEnds() => Assert.Equal(new ResponseFraming(null, false, true), Frame("X: y").Framing);

    [Fact]
    public void SameLineAgain_NoNewStrings()
    {
        var parser = new ResponseHeadParser();

        Assert.Same(Value(parser, "A: value\r\n\r\n"), Value(parser, "A: value\r\n\r\n"));
        Assert.Equal("other", Value(parser, "A: other\r\n\r\n"));
        Assert.Equal("othe", Value(parser, "A: othe\r\n\r\n"));
        Assert.Equal("value", Value(parser, "A: value\r\n\r\n"));

        static string Value(ResponseHeadParser parser, string lines)
        {
            var fields = new HeaderDictionary();
            parser.ParseLines(Bytes(lines), fields);
            return fields["A"].ToString();
        }
    }

    [Fact]
    public void MalformedLine_SentAgain_RefusedAgain()
    {
        var parser = new ResponseHeadParser();
        for (var i = 0; i < 3; i++)
        {
            Assert.Throws<MalformedResponseException>(() => Text(parser, "A: b\u0001\r\n\r\n"));
            Assert.Equal("A=b", Text(parser, "A: b\r\n\r\n"));
        }
    }

    [Fact]
    public void Heads_AnyOneAfterAnother_AsIfEachWereTheFirst() => Fields.Array[0, 40].Array[1, 6].Sample(
        static heads =>
        {
            var parser = new ResponseHeadParser();
            foreach (var head in heads)
            {
                var lines = string.Concat(head.Select(static field => $"{field.Name}: {field.Value}\r\n")) + "\r\n";
                Assert.Equal(Text(new ResponseHeadParser(), lines), Text(parser, lines));
            }
        },
        iter: 300);

    [Fact]
    public void Head_AnyFields_AllInOrder() => Fields.Array[0, 40].Sample(
        static head =>
        {
            var kept = head.Where(static field => !field.Name.StartsWith("Iskandar-", StringComparison.Ordinal));
            var expected = kept.GroupBy(static field => field.Name, StringComparer.OrdinalIgnoreCase)
                .Select(static field => $"{field.Key}={string.Join('|', field.Select(static line => line.Value.Trim()))}");

            Assert.Equal(string.Join(' ', expected), Text(new ResponseHeadParser(), string.Concat(head.Select(static field => $"{field.Name}:{field.Value}\n")) + "\n"));
        },
        iter: 300);

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static string Text(ResponseHeadParser parser, string lines)
    {
        var fields = new HeaderDictionary();
        parser.ParseLines(Bytes(lines), fields);
        return string.Join(' ', fields.Select(static field => $"{field.Key}={string.Join('|', field.Value.ToArray())}"));
    }

    private static (ResponseFraming Framing, HeaderDictionary Headers) Frame(string lines, bool isVersion10 = false)
    {
        var headers = new HeaderDictionary();
        return (new ResponseHeadParser().ParseFields(Bytes(lines + "\r\n\r\n"), isVersion10, headers), headers);
    }
}
