using System.Buffers;
using System.IO.Pipelines;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.FlowControl;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Multiplexing;

/// <summary>
/// The way of one stream's content in: between the read loop, which puts it in, and whoever takes it out. Never makes the read loop wait: the bounds are the
/// credit and the budget. All members but <see cref="Reader"/> are called under the exchange's lock.
/// </summary>
/// <param name="window">What the other side may send.</param>
/// <param name="budget">Memory for content that isn't taken, as far as the window hasn't paid for it by its growth; null: no bound but the window.</param>
/// <param name="readerScheduler">Where the reader goes on when content has come.</param>
internal sealed class InboundContent(ReceiveWindow window, ByteBudget? budget, PipeScheduler readerScheduler)
{
    private readonly Pipe _pipe = new(new PipeOptions(
        readerScheduler: readerScheduler, pauseWriterThreshold: 0, resumeWriterThreshold: 0, minimumSegmentSize: 32 * 1024, useSynchronizationContext: false));

    private long _buffered;
    private long _received;
    private bool _unpublished;
    private bool _ended;
    private bool _completed;

    /// <summary>The content. Complete: there will be no more, for better or worse.</summary>
    public PipeReader Reader => _pipe.Reader;

    public ReceiveWindow Window => window;

    /// <summary>The length that the head declares; null: none.</summary>
    public long? Declared { get; set; }

    /// <summary>Whether the other side has ended the direction.</summary>
    public bool IsEnded => _ended;

    /// <summary>The trailer section. Reusable.</summary>
    public FieldSection Trailers { get; } = new();

    /// <summary>Takes a piece of content.</summary>
    /// <returns>What is wrong with it; null: nothing.</returns>
    public ErrorCode? Put(ReadOnlySpan<byte> piece, bool end)
    {
        if (_ended)
        {
            return ErrorCode.ProtocolError;
        }

        if (!window.TryReceive(piece.Length))
        {
            return ErrorCode.FlowControlError;
        }

        _received += piece.Length;
        if (_received > Declared || (end && _received < Declared))
        {
            return ErrorCode.RequestInvalid;
        }

        if (!TryPay(piece.Length))
        {
            return ErrorCode.Overflow;
        }

        _pipe.Writer.Write(piece);
        _unpublished |= !piece.IsEmpty;
        _ended = end;
        return null;
    }

    /// <summary>Takes the trailer section, which is in <see cref="Trailers"/>; ends the direction.</summary>
    /// <returns>What is wrong with it; null: nothing.</returns>
    public ErrorCode? End()
    {
        if (_ended)
        {
            return ErrorCode.ProtocolError;
        }

        _ended = true;
        return _received < Declared ? ErrorCode.RequestInvalid : null;
    }

    /// <summary>Shows the reader what has come.</summary>
    public void Publish()
    {
        if (_completed)
        {
            return;
        }

        if (_ended)
        {
            Complete();
        }
        else if (_unpublished)
        {
            _unpublished = false;

            // The pipe never makes a writer wait, so this has always completed.
            var flushed = _pipe.Writer.FlushAsync(CancellationToken.None);
            _ = flushed.IsCompletedSuccessfully ? flushed.Result : default;
        }
    }

    /// <summary>Shows the reader what has come, and that there will be no more.</summary>
    public void Complete()
    {
        if (!_completed)
        {
            _completed = true;
            _pipe.Writer.Complete();
        }
    }

    /// <summary>Bytes have left our hands: what they cost goes back.</summary>
    public void Release(long bytes)
    {
        var before = Math.Min(_buffered, FrameLimits.Window);
        _buffered -= bytes;
        budget?.Return(before - Math.Min(_buffered, FrameLimits.Window));
    }

    /// <summary>Nobody takes anything out any more; what was left in it is forgotten.</summary>
    public void Close()
    {
        Release(_buffered);
        _pipe.Reader.Complete();
        Complete();
        window.Reset();
    }

    /// <summary>Makes it new.</summary>
    public void Reset()
    {
        Close();
        _pipe.Reset();
        Trailers.Clear();
        Declared = null;
        _received = 0;
        _unpublished = false;
        _ended = false;
        _completed = false;
    }

    // What is beyond the first window was paid for when the window grew.
    private bool TryPay(int bytes)
    {
        var cost = Math.Min(_buffered + bytes, FrameLimits.Window) - Math.Min(_buffered, FrameLimits.Window);
        if (budget?.TryTake(cost) == false)
        {
            return false;
        }

        _buffered += bytes;
        return true;
    }
}
