using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Transports;

namespace Iskandar.Protocol.Link;

/// <summary>
/// The one writer of a link, over one WebSocket after the other, with natural batching: producers encode frames into the log under a short lock; whoever finds nobody
/// writing schedules the writer, which sends what waits as one message until there is nothing left. Producers of content wait while too much is pending or
/// unacknowledged, and while there is no WebSocket; others never do.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="budget">Where memory for what is unacknowledged comes from, beyond what each link begins with; null: there is no common bound.</param>
/// <param name="scheduler">Where the writer runs, and who waited for room goes on; null: the thread pool.</param>
/// <param name="plenty">
/// In bytes: so much is sent at once, by who adds to it and may. The other side has work then, while here more is made, and what is sent is still in the processor's cache.
/// </param>
internal sealed partial class LinkSender(TimeProvider time, ByteBudget? budget = null, PipeScheduler? scheduler = null, int plenty = 2 * 1024) : IClosable
{
    /// <summary>The most that is kept unacknowledged before content waits, in bytes: 160 MB/s at a round trip of 100 ms.</summary>
    public const int MostUnacknowledged = 16 * 1024 * 1024;

    // Enough to keep a fast connection busy, little enough that what waits here never matters.
    private const int Room = 256 * 1024;

    // What heads may come to, beyond the content that has its room.
    private const int MostWithoutRefusal = 16 * Room;

    // Far more than heads and control frames come to while there is room for content. A peer that lets it come to this takes nothing.
    private const int MostPending = 64 * 1024 * 1024;

    // A long message goes out in frames: between them there is room for pings, and each is a sign of life.
    private const int MostInFrame = 64 * 1024;

    // What a link holds without asking, and the steps in which it asks for more.
    private const int Allowance = 1024 * 1024;

    private static readonly TimeSpan MostForFrame = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly OutboundLog _log = new();
    private readonly PipeScheduler _scheduler = scheduler ?? PipeScheduler.ThreadPool;
    private LinkAttachment? _attachment;
    private TaskCompletionSource? _drained;
    private (WebSocketCloseStatus Status, string Reason)? _close;
    private long _frameStarted;
    private long _overdue;
    private long _charged;
    private LinkAttachment? _writer;
    private TaskCompletionSource? _idle;
    private bool _isScheduled;
    private bool _hasSpoken;
    private bool _over;

    /// <summary>Whether what was sent is kept until it is acknowledged. Set before the first attachment.</summary>
    public bool Keeps { get; set; }

    /// <summary>What broke the connection when writing, if anything did.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Completes when the close frame is out, or the WebSocket is beyond use.</summary>
    public Task Ended => Volatile.Read(ref _attachment)?.Ended ?? Task.CompletedTask;

    /// <summary>Whether content could be sent without a wait.</summary>
    public bool HasRoom
    {
        get
        {
            lock (_gate)
            {
                return _log.Waiting < Room;
            }
        }
    }

    // Without the lock, as HasLeft: who asks holds locks that are taken under it.
    /// <summary>Whether so much is pending that nothing new should begin: far more than content, which waits, can come to.</summary>
    public bool IsOverfull => _log.End - _log.Unsent >= MostWithoutRefusal;

    /// <summary>Whether it takes no more frames.</summary>
    public bool IsOver => Volatile.Read(ref _over);

    /// <summary>Bytes held, unacknowledged ones and such as wait.</summary>
    public long Held => _log.Length;

    /// <summary>Encodes frames and sends them as soon as the scheduler lets it.</summary>
    /// <param name="state">What to encode.</param>
    /// <param name="encode">Encodes it, under a lock.</param>
    /// <returns>False when the link takes no more.</returns>
    public bool Send<TState>(TState state, Action<TState, IBufferWriter<byte>> encode)
    {
        lock (_gate)
        {
            if (!TryAppend(state, encode))
            {
                return false;
            }

            Schedule();
            return true;
        }
    }

    /// <summary>Encodes frames and sends them on this thread, if nothing else is about to be sent or plenty waits; else as <see cref="Send"/>. The caller must hold no lock.</summary>
    /// <param name="state">What to encode.</param>
    /// <param name="encode">Encodes it, under a lock.</param>
    /// <param name="isAlone">Whether nothing that could share the way is about to come.</param>
    /// <returns>False when the link takes no more.</returns>
    public bool SendHere<TState>(TState state, Action<TState, IBufferWriter<byte>> encode, bool isAlone)
    {
        LinkAttachment? writer;
        lock (_gate)
        {
            if (!TryAppend(state, encode))
            {
                return false;
            }

            writer = BecomeWriter(isAlone);
        }

        Write(writer);
        return true;
    }

    /// <summary>Encodes a frame and sends it, if there is room. The caller must hold no lock.</summary>
    /// <param name="state">What to encode.</param>
    /// <param name="encode">Encodes it, under a lock.</param>
    /// <param name="room">Null, unless there is no room: completes when it is worth another try.</param>
    /// <returns>False when there is no room, or the link takes no more.</returns>
    public bool TrySendContent<TState>(TState state, Action<TState, IBufferWriter<byte>> encode, out Task? room)
    {
        LinkAttachment? writer;
        lock (_gate)
        {
            // Looked at and used under one lock: of many who wait, only as many go on as there is room for.
            if (!_over && !HasRoomLocked())
            {
                room = Drained();
                return false;
            }

            room = null;
            if (!TryAppend(state, encode))
            {
                return false;
            }

            writer = BecomeWriter(isAlone: false);
        }

        Write(writer);
        return true;
    }

    /// <summary>The offset of what is encoded next; for who is encoding.</summary>
    public long Position => _log.End;

    /// <summary>Completes when there is room for content, or the link is over.</summary>
    public ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _over || HasRoomLocked() ? default : new ValueTask(Drained().WaitAsync(cancellationToken));
        }
    }

    /// <summary>Whether the byte at this offset may have reached the other side, or is about to.</summary>
    public bool HasLeft(long offset) => offset < _log.Unsent;

    /// <summary>Drops what was never sent and isn't about to be: from here on that is certain.</summary>
    public void DropUnsent()
    {
        lock (_gate)
        {
            _log.Truncate(_log.Unsent);
        }
    }

    /// <summary>Whether anything was sent since this was last asked.</summary>
    public bool TakeHasSpoken()
    {
        lock (_gate)
        {
            var hasSpoken = _hasSpoken;
            _hasSpoken = false;
            return hasSpoken;
        }
    }

    /// <summary>The other side has received so many bytes.</summary>
    /// <returns>False: so many were never sent.</returns>
    public bool TryAcknowledge(long offset)
    {
        TaskCompletionSource? drained;
        lock (_gate)
        {
            if (!_log.TryAcknowledge(offset))
            {
                return false;
            }

            ReturnCharge();
            drained = TakeDrained();
        }

        Resume(drained);
        return true;
    }

    /// <summary>Whether everything from this offset on can be sent again.</summary>
    public bool CanResume(long offset)
    {
        lock (_gate)
        {
            return !_over && _log.CanRewind(offset);
        }
    }

    /// <summary>Sends a close frame after everything that was sent before, and takes no more frames.</summary>
    public void Close(WebSocketCloseStatus status, string reason)
    {
        lock (_gate)
        {
            if (_over || _close is not null)
            {
                return;
            }

            _close = (status, reason);
            Schedule();
        }
    }

    /// <summary>Gives the WebSocket up if the peer has taken nothing for 30 s, at the second look after that. To be called once a second or so.</summary>
    public void EnforceProgress()
    {
        var started = Volatile.Read(ref _frameStarted);
        if (started == 0 || time.GetElapsedTime(started) < MostForFrame)
        {
            _overdue = 0;
        }
        else if (_overdue != started)
        {
            // The machine may have slept in the middle of the frame: the peer gets until the next time.
            _overdue = started;
        }
        else if (Volatile.Read(ref _attachment) is { } attachment)
        {
            Break(attachment, new TimeoutException($"the peer took nothing for {MostForFrame.TotalSeconds:0} s"));
        }
    }

    /// <summary>Drops what is held and takes no more frames.</summary>
    public void Abort()
    {
        LinkAttachment? attachment;
        TaskCompletionSource? drained;
        lock (_gate)
        {
            _over = true;
            attachment = _attachment;
            _attachment = null;
            drained = TakeDrained();
            if (_writer is null)
            {
                Forget();
            }
        }

        Resume(drained);
        attachment?.End();
    }

    private bool TryAppend<TState>(TState state, Action<TState, IBufferWriter<byte>> encode)
    {
        if (_over || _close is not null)
        {
            return false;
        }

        var start = _log.End;
        if (_log.Waiting > MostPending)
        {
            _over = true;
            if (_attachment is { } attachment)
            {
                // Not here: breaking the connection takes locks of its own.
                ThreadPool.UnsafeQueueUserWorkItem(
                    static state => state.Sender.Break(state.Attachment, new IOException("the peer takes nothing, and too much is pending")),
                    (Sender: this, Attachment: attachment),
                    preferLocal: false);
            }

            return false;
        }

        try
        {
            encode(state, _log);
        }
        catch
        {
            // Half a frame must never go out.
            _log.Truncate(start);
            throw;
        }

        return true;
    }

    // Content grows what is kept; that it may is asked for in steps, so that it costs nothing most of the time.
    private bool TryCharge()
    {
        if (!Keeps)
        {
            return true;
        }

        var held = _log.Length;
        if (held >= MostUnacknowledged)
        {
            return false;
        }

        if (budget is null || held < _charged + Allowance)
        {
            return true;
        }

        if (!budget.TryTake(Allowance))
        {
            return false;
        }

        _charged += Allowance;
        return true;
    }

    private void ReturnCharge()
    {
        while (_charged > 0 && _log.Length < _charged)
        {
            _charged -= Allowance;
            budget!.Return(Allowance);
        }
    }

    private void Forget()
    {
        _log.Clear();
        ReturnCharge();
        if (_charged > 0)
        {
            budget!.Return(_charged);
            _charged = 0;
        }
    }

    private bool HasRoomLocked() => _attachment is not null && _log.Waiting < Room && TryCharge();

    private Task Drained() => (_drained ??= new TaskCompletionSource()).Task;

    private TaskCompletionSource? TakeDrained()
    {
        var drained = _drained;
        _drained = null;
        return drained;
    }

    // Not here: who waited goes on with work of its own.
    private void Resume(TaskCompletionSource? drained)
    {
        if (drained is not null)
        {
            _scheduler.Schedule(static drained => ((TaskCompletionSource)drained!).TrySetResult(), drained);
        }
    }
}
