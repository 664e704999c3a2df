using CsCheck;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;

namespace Iskandar.Tests.Protocol.Frames;

public sealed class FieldLineReaderTests
{
    private readonly FieldLineReader _reader = new(FrameCodec.NoLimit);

    [Fact]
    public void Value_TheSameAgain_NoNewString()
    {
        var first = ReadOne("host", "a.example");

        Assert.Same(first, ReadOne("Host", "a.example"));
    }

    [Fact]
    public void Value_ThatIsLongOrOfANameThatIsNotCommon_NotRemembered()
    {
        Assert.Same(ReadOne("cookie", new string('a', 128)), ReadOne("cookie", new string('a', 128)));
        Assert.NotSame(ReadOne("cookie", new string('b', 129)), ReadOne("cookie", new string('b', 129)));
        Assert.NotSame(ReadOne("x-own", "value"), ReadOne("x-own", "value"));
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("abcd")]
    [InlineData("ABC")]
    [InlineData("")]
    [InlineData("ab\u00E9")]
    [InlineData("abc\t\u00E9")]
    public void Value_LikeTheLast_NotTakenForIt(string value)
    {
        ReadOne("accept", "abc");

        Assert.Equal(value, ReadOne("accept", value));
        Assert.Equal("abc", ReadOne("accept", "abc"));
    }

    [Theory]
    [InlineData(" abc", "abc")]
    [InlineData("abc \t", "abc")]
    [InlineData("\tabc ", "abc")]
    [InlineData(" a c ", "a c")]
    [InlineData(" \t ", "")]
    public void Value_WhiteSpaceAround_CutOffEachTime(string value, string expected)
    {
        Assert.Equal(expected, ReadOne("accept", value));
        Assert.Equal(expected, ReadOne("accept", value));
        Assert.Equal(expected, ReadOne("accept", expected));
    }

    [Fact]
    public void Value_Invalid_NotRemembered()
    {
        var last = ReadOne("accept", "abc");

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(FieldLinesResult.Invalid, _reader.Read([0x01, 3, (byte)'a', (byte)'\n', (byte)'c'], new FieldSection()));
        }

        Assert.Same(last, ReadOne("accept", "abc"));
    }

    [Fact]
    public void Values_OfFewKindsInAnyOrder_EachItsOwn() => Gen.Select(
            Gen.OneOf("Accept", "Host", "Cookie", "Set-Cookie", "X-XSS-Protection", "x-own", "X-Own"),
            Gen.OneOf("", "a", "b", "ab", "\u00E9", "a\u00E9", "*/*", new string('a', 128), new string('a', 129)))
        .Array[0, 60].Array[1, 5].Sample(
            static sections =>
            {
                var reader = new FieldLineReader(FrameCodec.NoLimit);
                foreach (var section in sections)
                {
                    var fields = new FieldSection();
                    Assert.Equal(FieldLinesResult.Ok, reader.Read(Payload(section), fields));
                    Assert.Equal(section, FrameCodec.Lines(fields));
                }
            },
            iter: 500);

    [Fact]
    public void Lines_AtTheLimit_AndOneByteOver()
    {
        // 6 + 3 + 4, 5 + 2 + 4, and 4 + 0 + 4.
        var payload = Payload(("accept", "abc"), ("x-own", "ab"), ("host", ""));

        Assert.Equal(FieldLinesResult.Ok, new FieldLineReader(32).Read(payload, new FieldSection()));
        Assert.Equal(FieldLinesResult.TooLarge, new FieldLineReader(31).Read(payload, new FieldSection()));
        Assert.Equal(FieldLinesResult.Ok, new FieldLineReader(0).Read([], new FieldSection()));
    }

    [Fact]
    public void Lines_ReadBefore_NotCountedAgain()
    {
        var reader = new FieldLineReader(13);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(FieldLinesResult.Ok, reader.Read(Payload(("accept", "abc")), new FieldSection()));
            Assert.Equal(FieldLinesResult.TooLarge, reader.Read(Payload(("accept", "abcd")), new FieldSection()));
        }
    }

    [Fact]
    public void Lines_TheirMost_AndOneMore()
    {
        var lines = Enumerable.Repeat(("accept", "a"), FrameLimits.Lines);
        var fields = new FieldSection();

        Assert.Equal(FieldLinesResult.Ok, _reader.Read(Payload(lines), fields));
        Assert.Equal(1_000, fields.Count);
        Assert.Equal(FieldLinesResult.Invalid, _reader.Read(Payload(lines.Append(("accept", "a"))), new FieldSection()));
        Assert.Equal(FieldLinesResult.Invalid, _reader.Read(Payload(lines.Append(("x-own", "a"))), new FieldSection()));
    }

    [Fact]
    public void CountedBytes_AnySection_AsTheReaderCounts() => FrameGen.Section.Sample(
        static section =>
        {
            var fields = FrameCodec.Section(section);
            var counted = FieldLines.CountedBytes(fields);
            var payload = Payload(section);

            Assert.Equal(FieldLinesResult.Ok, new FieldLineReader(counted).Read(payload, new FieldSection()));
            if (section.Length > 0)
            {
                Assert.Equal(FieldLinesResult.TooLarge, new FieldLineReader(counted - 1).Read(payload, new FieldSection()));
            }
        },
        iter: 1_000);

    private static byte[] Payload(params IEnumerable<(string Name, string Value)> lines) =>
        FrameCodec.Payload(output => TrailersFrame.Write(output, 1, FrameCodec.Section(lines)));

    private string ReadOne(string name, string value)
    {
        var fields = new FieldSection();
        Assert.Equal(FieldLinesResult.Ok, _reader.Read(Payload((name, value)), fields));
        return Assert.Single(fields.Lines.ToArray()).Value;
    }
}
