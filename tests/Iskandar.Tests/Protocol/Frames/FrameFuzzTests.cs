using CsCheck;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;

namespace Iskandar.Tests.Protocol.Frames;

/// <summary>No bytes make the codec throw anything but a fault, read beyond them, stand still, or believe what HTTP doesn't allow.</summary>
public sealed class FrameFuzzTests
{
    private const int Iterations = 5_000;
    private const int Limit = 2_000;

    private static readonly Gen<byte[]> Stream = Join(FrameGen.Frame);

    // Short lengths and known types: most of it gets past the header.
    private static readonly Gen<byte[]> Plausible = Join(
        Gen.Select(Gen.Byte[0, 9], Gen.Byte, Gen.Byte[0, 2], Gen.Byte.Array[0, 60]).Select(static (type, flags, stream, payload) =>
            (byte[])[0, 0, (byte)payload.Length, type, flags, 0, 0, 0, stream, .. payload]));

    private static readonly Gen<double[]> Cuts = Gen.Double[0, 1].Array[0, 6];

    [Fact]
    public void RandomBytes_Any_NothingButFaults() => Gen.Select(Gen.Byte.Array[0, 300], Cuts).Sample(Check, iter: Iterations);

    [Fact]
    public void RandomBytes_BehindHeadersThatAreAllowed_NothingButFaults() => Gen.Select(Plausible, Cuts).Sample(Check, iter: Iterations);

    [Fact]
    public void ValidFrames_BytesReplaced_NothingButFaults() => Gen.Select(Stream, Gen.Select(Gen.Double[0, 1], Gen.Byte).Array[1, 5], Cuts).Sample(
        static (bytes, changes, cuts) =>
        {
            foreach (var (at, value) in changes)
            {
                bytes[(int)(at * (bytes.Length - 1))] = value;
            }

            return Check(bytes, cuts);
        },
        iter: Iterations / 5);

    [Fact]
    public void ValidFrames_CutAndJoined_NothingButFaults() =>
        Gen.Select(Stream, Gen.Double[0, 1], Stream, Gen.Double[0, 1], Cuts).Sample(
            static (left, leftEnd, right, rightStart, cuts) =>
                Check([.. left.AsSpan(0, (int)(leftEnd * left.Length)), .. right.AsSpan((int)(rightStart * right.Length))], cuts),
            iter: Iterations / 5);

    private static Gen<byte[]> Join(Gen<byte[]> frame) =>
        frame.Array[1, 6].Select(static frames => frames.SelectMany(static frame => frame).ToArray());

    private static bool Check(byte[] bytes, double[] cuts)
    {
        var parser = new FrameParser();
        var fields = new FieldLineReader(Limit);
        var taken = 0;
        try
        {
            foreach (var come in cuts.Select(cut => (int)(cut * bytes.Length)).Order().Append(bytes.Length))
            {
                // To read more than has come would throw.
                ReadOnlySpan<byte> input = bytes.AsSpan(taken, come - taken);
                while (true)
                {
                    var before = input.Length;
                    var wasInData = !parser.IsAtEnd;
                    if (!parser.TryRead(ref input, out var frame))
                    {
                        Assert.True(parser.IsAtEnd ? input.Length == before && FrameParser.Needed(input) > before : input.IsEmpty);
                        break;
                    }

                    Assert.Equal(before - input.Length, frame.Payload.Length + (wasInData ? 0 : FrameHeader.Size));
                    Assert.True(input.Length < before, "It goes on.");
                    CheckFrame(frame, fields);
                }

                taken = come - input.Length;
            }
        }
        catch (ConnectionFaultException fault)
        {
            Assert.True(fault.Code is ErrorCode.ProtocolError or ErrorCode.FrameTooLong);
        }

        return true;
    }

    private static void CheckFrame(in Frame frame, FieldLineReader fields)
    {
        switch (frame.Type)
        {
            case FrameType.Request:
                var request = new RequestHead();
                if (RequestFrame.Read(frame.Payload, request, fields) == FieldLinesResult.Ok)
                {
                    Assert.True(HttpSyntax.IsToken(request.Method) && HttpSyntax.IsTarget(request.Target));
                    CheckFields(request.Fields);
                }

                break;
            case FrameType.Response:
                var response = new ResponseHead();
                if (ResponseFrame.Read(frame.Payload, response, fields) == FieldLinesResult.Ok)
                {
                    Assert.InRange(response.Status, 100, 599);
                    CheckFields(response.Fields);
                }

                break;
            case FrameType.Trailers:
                var trailers = new FieldSection();
                if (fields.Read(frame.Payload, trailers) == FieldLinesResult.Ok)
                {
                    CheckFields(trailers);
                }

                break;
            case FrameType.Credit:
                CreditFrame.Read(frame.Payload);
                break;
            case FrameType.Reset:
                ResetFrame.Read(frame.Payload);
                break;
            case FrameType.Ping or FrameType.Pong:
                PingFrame.Read(frame.Payload);
                break;
            case FrameType.Ack:
                Assert.InRange(AckFrame.Read(frame.Payload), 0, long.MaxValue);
                break;
            case FrameType.GoAway:
                Assert.NotNull(GoAwayFrame.Read(frame.Payload).Reason);
                break;
            default:
                Assert.Equal(FrameType.Data, frame.Type);
                Assert.True(frame.Payload.Length <= FrameLimits.Data);
                break;
        }
    }

    private static void CheckFields(FieldSection fields)
    {
        Assert.InRange(FieldLines.CountedBytes(fields), 0, Limit);
        foreach (var line in fields.Lines)
        {
            Assert.True(HttpSyntax.IsToken(line.Name) && HttpSyntax.IsFieldValue(line.Value));
            Assert.Equal(line.Value, line.Value.Trim(' ', '\t'));
        }
    }
}
