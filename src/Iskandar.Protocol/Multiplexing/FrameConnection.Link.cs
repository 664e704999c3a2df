using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Link;
using Iskandar.Protocol.Transports;

namespace Iskandar.Protocol.Multiplexing;

/// <content>
/// The link: what outlives a WebSocket. It is idle before the first one, attached while it has one, detached between two, and over after the last
/// (docs/reliability.md has the table of states).
/// </content>
internal abstract partial class FrameConnection
{
    // Often enough that the other side keeps little, seldom enough that it costs nothing.
    private const int AcknowledgeEvery = 64 * 1024;

    private readonly Lock _linkGate = new();
    private readonly Lock _ackGate = new();
    private readonly Liveness _liveness;
    private volatile LinkState _state;
    private LinkAttachment? _attachment;
    private TaskCompletionSource _runEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _detachedAt;
    private long _received;
    private long _acknowledged;
    private long _acknowledgements;
    private volatile bool _isClosing;

    private enum LinkState
    {
        Idle,
        Attached,
        Detached,
        Over,
    }

    /// <summary>Whether the connection is at its end: nothing of it is kept for another WebSocket.</summary>
    public bool IsOver => _state == LinkState.Over;

    /// <summary>Whether anything has come over the present WebSocket, or the one before when there is none.</summary>
    public bool HasReceived => !Volatile.Read(ref _isFirstReceive);

    /// <summary>Whether there is no WebSocket at the moment, and another one could go on.</summary>
    public bool IsDetached => _state == LinkState.Detached;

    /// <summary>Completes when the link has come off the WebSocket that it has now; completed when it is detached.</summary>
    protected Task RunEnded
    {
        get
        {
            lock (_linkGate)
            {
                return _runEnded.Task;
            }
        }
    }

    /// <summary>Bytes received since the link began. It stands still while the link is detached.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>How long a detached link is kept.</summary>
    protected TimeSpan Keep { get; set; }

    /// <summary>What is due once a second: signs of life, acknowledgements, the end of a link that nobody resumes.</summary>
    protected void SweepLink()
    {
        Sender.EnforceProgress();
        if (IsDetached)
        {
            if (Sender.IsOver || Time.GetElapsedTime(Volatile.Read(ref _detachedAt)) >= Keep)
            {
                TryEndDetached();
            }

            return;
        }

        if (_state != LinkState.Attached)
        {
            return;
        }

        if (Sender.TakeHasSpoken())
        {
            _liveness.Spoke();
        }

        ActOn(_liveness.Tick());
        Acknowledge(isDue: false);
    }

    /// <summary>Asks for a sign of life now: something happened to the network or the machine.</summary>
    protected void ProbeLink()
    {
        if (_state == LinkState.Attached)
        {
            ActOn(_liveness.Probe());
        }
    }

    /// <summary>Ends a detached link: nobody will resume it.</summary>
    /// <param name="alsoIdle">Whether to end one that hasn't begun as well.</param>
    /// <returns>False when it isn't detached.</returns>
    protected bool TryEndDetached(bool alsoIdle = false)
    {
        lock (_linkGate)
        {
            if (_state != LinkState.Detached && !(alsoIdle && _state == LinkState.Idle))
            {
                return false;
            }

            _state = LinkState.Over;
        }

        OnLost();
        Sender.Abort();
        _buffer.Release();
        _over.TrySetResult();
        return true;
    }

    /// <summary>Takes the link off its WebSocket, if it has one, so that another can have it.</summary>
    protected Task TakeOffAsync()
    {
        lock (_linkGate)
        {
            if (_state != LinkState.Attached)
            {
                return Task.CompletedTask;
            }
        }

        Break("another connection goes on with the link");
        return _runEnded.Task;
    }

    private void ActOn(LivenessVerdict verdict)
    {
        if (verdict == LivenessVerdict.Ping)
        {
            Sender.Send(0UL, static (opaque, output) => PingFrame.Write(output, FrameType.Ping, opaque));
        }
        else if (verdict == LivenessVerdict.Dead)
        {
            Break("nothing came for too long, not even the answer to a ping");
        }
    }

    // The read loop ends by it.
    private void Break(string reason)
    {
        LinkAttachment? attachment;
        lock (_linkGate)
        {
            attachment = _attachment;
            _breakReason ??= reason;
        }

        attachment?.Socket.Abort();
    }

    private bool TryEnter(LinkAttachment attachment, long offset)
    {
        lock (_linkGate)
        {
            if (_state is not (LinkState.Idle or LinkState.Detached) || !Sender.TryAttach(attachment, offset))
            {
                return false;
            }

            _state = LinkState.Attached;
            _attachment = attachment;
            _breakReason = null;
            _isFirstReceive = true;
            if (_runEnded.Task.IsCompleted)
            {
                _runEnded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        _liveness.Start();
        return true;
    }

    private async Task LeaveAsync(LinkAttachment attachment, bool isOver)
    {
        if (isOver)
        {
            OnLost();
            await ClosingHandshake.FinishAsync(attachment.Socket, Sender, Time).ConfigureAwait(false);
        }
        else
        {
            attachment.Socket.Abort();
        }

        await Sender.DetachAsync(attachment).ConfigureAwait(false);
        if (isOver)
        {
            _buffer.Release();
        }

        attachment.Socket.Dispose();
        attachment.Dispose();
        TaskCompletionSource ended;
        lock (_linkGate)
        {
            _attachment = null;
            _state = isOver ? LinkState.Over : LinkState.Detached;
            _detachedAt = Time.GetTimestamp();
            ended = _runEnded;
        }

        ended.TrySetResult();
        if (isOver)
        {
            _over.TrySetResult();
        }
        else if (_isClosing)
        {
            // Its end was asked for while it came off.
            TryEndDetached();
        }
    }

    private void CountReceived(int bytes)
    {
        _liveness.Heard();
        Volatile.Write(ref _received, _received + bytes);
        if (_isFirstReceive && bytes > 0)
        {
            _isFirstReceive = false;
            OnFirstReceived();
        }

        if (Sender.Keeps && _received - Volatile.Read(ref _acknowledged) >= AcknowledgeEvery)
        {
            Acknowledge(isDue: true);
        }
    }

    // An acknowledgement alone needs none, or there would be no end of them.
    private void Acknowledge(bool isDue)
    {
        long offset;
        lock (_ackGate)
        {
            offset = Received;
            if (!Sender.Keeps || (!isDue && offset - _acknowledged <= _acknowledgements))
            {
                return;
            }

            _acknowledged = offset;
            _acknowledgements = 0;
        }

        Sender.Send(offset, static (offset, output) => AckFrame.Write(output, offset));
    }

    private void TakeAck(long offset)
    {
        lock (_ackGate)
        {
            _acknowledgements += FrameHeader.Size + AckFrame.Length;
        }

        if (!Sender.Keeps || !Sender.TryAcknowledge(offset))
        {
            throw new ConnectionFaultException(ErrorCode.ProtocolError, $"An Ack frame came for {offset} bytes, more than were sent.");
        }
    }
}
