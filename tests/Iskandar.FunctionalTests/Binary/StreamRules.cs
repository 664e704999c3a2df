using System.Buffers.Binary;
using Iskandar.FunctionalTests.Binary.Codec;

namespace Iskandar.FunctionalTests.Binary;

/// <summary>The document's rules for what a peer sends on one stream.</summary>
public sealed class StreamRules(bool isUpgrade)
{
    private readonly Lock _lock = new();
    private bool _hasHead;
    private bool _isReset;
    private long _credit = Numbers.Window;

    /// <summary>The bytes of DATA so far.</summary>
    public long Received { get; private set; }

    /// <summary>Whether the peer has ended its direction.</summary>
    public bool IsEnded { get; private set; }

    public FieldSection? Trailers { get; private set; }

    /// <summary>More credit for the peer.</summary>
    public void Grant(long bytes)
    {
        lock (_lock)
        {
            _credit += bytes;
        }
    }

    /// <summary>The REQUEST was the peer's head.</summary>
    public void StartedByPeer(bool end)
    {
        _hasHead = true;
        IsEnded = end;
    }

    public void Check(Frame frame)
    {
        lock (_lock)
        {
            Demand(!_isReset || frame.Type is FrameType.Credit or FrameType.Reset, frame, "after a RESET");
            switch (frame.Type)
            {
                case FrameType.Response:
                    CheckResponse(frame);
                    break;
                case FrameType.Data:
                    CheckContent(frame);
                    Received += frame.Payload.Length;
                    _credit -= frame.Payload.Length;
                    Demand(_credit >= 0, frame, $"{-_credit} bytes beyond the credit");
                    IsEnded = frame.IsEnd;
                    break;
                case FrameType.Trailers:
                    CheckContent(frame);
                    Trailers = new PayloadReader(frame.Payload).Fields();
                    IsEnded = true;
                    break;
                case FrameType.Credit:
                    var bytes = BinaryPrimitives.ReadUInt32BigEndian(frame.Payload);
                    Demand(bytes is > 0 and <= Numbers.MostCredit, frame, $"of {bytes} bytes");
                    break;
                default:
                    _isReset = true;
                    break;
            }
        }
    }

    private void CheckResponse(Frame frame)
    {
        var head = ResponseHead.Parse(frame.Payload);
        Demand(!_hasHead, frame, "after the final head");
        Demand(head.Status != 101 || (isUpgrade && !frame.IsEnd), frame, "of status 101, without UPGRADE or with END");
        Demand(!head.IsInformational || !frame.IsEnd, frame, "that is informational, with END");
        _hasHead = !head.IsInformational;
        IsEnded = frame.IsEnd;
    }

    private void CheckContent(Frame frame)
    {
        Demand(_hasHead, frame, "before the head");
        Demand(!IsEnded, frame, "after the end");
    }

    private static void Demand(bool condition, Frame frame, string what)
    {
        if (!condition)
        {
            throw new ProtocolViolationException($"{frame.Type} on stream {frame.Stream}: {what}.");
        }
    }
}
