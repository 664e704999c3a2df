using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Frames;

/// <summary>The tables of docs/protocol.md, and what the code has instead.</summary>
public sealed partial class FrameDocumentTests
{
    [Fact]
    public void Names_AsInTheTable()
    {
        var table = Name().Matches(ProtocolDocument.Section("Table of names"))
            .Select(static entry => (Index(entry), entry.Groups["name"].Value));

        Assert.Equal(CommonFieldNames.All.ToArray().Select(static (name, index) => (index + 1, name.ToLowerInvariant())), table);
    }

    [Fact]
    public void Names_InAnyCase_WrittenAsTheirIndex()
    {
        foreach (Match entry in Name().Matches(ProtocolDocument.Section("Table of names")))
        {
            var name = entry.Groups["name"].Value;
            foreach (var written in new[] { name, name.ToUpperInvariant(), CommonFieldNames.All[Index(entry) - 1] })
            {
                var payload = FrameCodec.Payload(output => TrailersFrame.Write(output, 1, FrameCodec.Section((written, "v"))));

                Assert.Equal([(byte)Index(entry), 1, (byte)'v'], payload);
            }
        }
    }

    [Fact]
    public void Names_ByIndex_ReadAsInTheTable()
    {
        foreach (Match entry in Name().Matches(ProtocolDocument.Section("Table of names")))
        {
            var fields = new FieldSection();

            Assert.Equal(FieldLinesResult.Ok, new FieldLineReader(100).Read([(byte)Index(entry), 1, (byte)'v'], fields));
            var line = Assert.Single(fields.Lines.ToArray());
            Assert.Equal((entry.Groups["name"].Value, "v"), (line.Name.ToLowerInvariant(), line.Value));
        }
    }

    [Fact]
    public void Types_LengthsAndStreams_AsInTheTable()
    {
        var rows = TypeRow().Matches(ProtocolDocument.Text);
        Assert.Equal(Enum.GetValues<FrameType>(), rows.Select(static row => (FrameType)Index(row)));
        foreach (Match row in rows)
        {
            var type = (FrameType)Index(row);
            var most = int.Parse(row.Groups["most"].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
            var (right, wrong) = row.Groups["stream"].Value == "0" ? (0u, 1u) : (1u, 0u);

            Assert.Equal(row.Groups["name"].Value, type.ToString(), ignoreCase: true);
            FrameLimits.Check(new FrameHeader(most, type, FrameFlags.None, right));
            FrameLimits.Check(new FrameHeader(0, type, FrameFlags.None, right));
            AssertFault(ErrorCode.FrameTooLong, new FrameHeader(most + 1, type, FrameFlags.None, right));
            AssertFault(ErrorCode.FrameTooLong, new FrameHeader(0xFF_FFFF, type, FrameFlags.None, right));
            AssertFault(ErrorCode.ProtocolError, new FrameHeader(most, type, FrameFlags.None, wrong));
        }
    }

    [Fact]
    public void Types_NotInTheTable_Refused()
    {
        for (var type = 0; type <= byte.MaxValue; type++)
        {
            if (!Enum.IsDefined((FrameType)type))
            {
                AssertFault(ErrorCode.ProtocolError, new FrameHeader(0, (FrameType)type, FrameFlags.None, 0));
                AssertFault(ErrorCode.ProtocolError, new FrameHeader(0, (FrameType)type, FrameFlags.None, 1));
            }
        }
    }

    [Fact]
    public void Flags_AsInTheTable()
    {
        foreach (Match row in TypeRow().Matches(ProtocolDocument.Text))
        {
            var type = (FrameType)Index(row);
            var flags = row.Groups["flags"].Value;
            var expected = (flags.Contains("`01` END", StringComparison.Ordinal) ? FrameFlags.End : 0)
                | (flags.Contains("`02` UPGRADE", StringComparison.Ordinal) ? FrameFlags.Upgrade : 0);

            var frame = new Frame(new FrameHeader(0, type, (FrameFlags)0xFF, 1), [], isWhole: true);

            Assert.Equal((type, expected), (frame.Type, frame.Flags));
            Assert.Equal(type == FrameType.Trailers || expected.HasFlag(FrameFlags.End), frame.IsEnd);
        }
    }

    [Fact]
    public void Codes_AsInTheTable()
    {
        var table = CodeRow().Matches(ProtocolDocument.Section("Reset"))
            .Select(static row => (int.Parse(row.Groups["code"].Value, CultureInfo.InvariantCulture), row.Groups["name"].Value));

        Assert.Equal(Enum.GetValues<ErrorCode>().Select(static code => ((int)code, JsonNamingPolicy.SnakeCaseLower.ConvertName($"{code}"))), table);
    }

    [Fact]
    public void Window_AsInTheDocument() => Assert.Equal(
        [FrameLimits.Window, FrameLimits.MostCredit],
        Number().Matches(ProtocolDocument.Section("Flow control")).Select(static number =>
            int.Parse(number.Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture)));

    private static void AssertFault(ErrorCode code, FrameHeader header)
    {
        var fault = Assert.Throws<ConnectionFaultException>(() => FrameLimits.Check(header));
        Assert.Equal(code, fault.Code);
    }

    private static int Index(Match match) => int.Parse(match.Groups["index"].Value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"`(?<index>[0-9a-f]{2})` (?<name>[a-z0-9-]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Name();

    [GeneratedRegex(
        @"^\| `(?<index>[0-9a-f]{2})` \| \[(?<name>[A-Z]+)\]\S* \| [^|]+ \| (?<stream>[^|]+?) \|(?<flags>[^|]*)\| (?<most>[0-9,]+) \|$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex TypeRow();

    [GeneratedRegex(@"^\| `(?<code>[0-9]+)` \| `(?<name>[a-z_]+)` \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex CodeRow();

    [GeneratedRegex(@"[0-9,]{6,}[0-9]")]
    private static partial Regex Number();
}
