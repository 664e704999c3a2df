using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;

namespace Iskandar.Protocol.Transports;

/// <summary>
/// The one writer of a WebSocket, with natural batching: producers encode into a buffer under a short lock; whoever finds nobody writing
/// schedules the writer, which swaps buffers and sends until there is nothing left. Producers of content wait while too much is pending; others never do.
/// </summary>
/// <param name="socket">The WebSocket. Closing it is up to its owner.</param>
/// <param name="time">The clock.</param>
/// <param name="stream">The stream under the WebSocket, so that several messages go out in one send; null: each by itself.</param>
/// <param name="scheduler">Where the writer runs; null: the thread pool.</param>
internal sealed class MessageSender(WebSocket socket, TimeProvider time, BatchingStream? stream = null, PipeScheduler? scheduler = null) : IClosable, IDisposable
{
    // Enough to keep a fast link busy, little enough that what waits here never matters.
    private const int Room = 256 * 1024;

    // Far more than heads and control messages come to while there is room for content. A peer that lets it come to this takes nothing.
    private const int MostPending = 64 * 1024 * 1024;

    // A long message goes out in frames: between them there is room for pings, and each is a sign of life.
    private const int MostInFrame = 64 * 1024;

    private static readonly TimeSpan MostForFrame = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly PipeScheduler _scheduler = scheduler ?? PipeScheduler.ThreadPool;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PooledBuffer _filling = new();
    private PooledBuffer _sending = new();
    private List<int> _fillingEnds = [];
    private List<int> _sendingEnds = [];
    private TaskCompletionSource? _drained;
    private (WebSocketCloseStatus Status, string Reason)? _close;
    private long _frameStarted;
    private long _overdue;
    private bool _writing;
    private bool _over;

    /// <summary>Completes when the close frame is out, or the connection is beyond use.</summary>
    public Task Ended => _ended.Task;

    /// <summary>What broke the connection when writing, if anything did.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Whether content could be sent without a wait.</summary>
    public bool HasRoom
    {
        get
        {
            lock (_gate)
            {
                return _filling.Length < Room;
            }
        }
    }

    /// <summary>Encodes one message and sends it as soon as possible.</summary>
    /// <param name="state">What to encode.</param>
    /// <param name="encode">Encodes it, under a lock.</param>
    /// <returns>False when the connection takes no more messages.</returns>
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

    /// <summary>Waits for room, then encodes one message and sends it.</summary>
    /// <returns>False when the connection takes no more messages.</returns>
    public async ValueTask<bool> SendContentAsync<TState>(TState state, Action<TState, IBufferWriter<byte>> encode, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                // Looked at and used under one lock: of many who wait, only as many go on as there is room for.
                if (_over || _filling.Length < Room)
                {
                    var appended = TryAppend(state, encode);
                    Schedule();
                    return appended;
                }

                room = Drained();
            }

            await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Completes when there is room for content, or the connection is over.</summary>
    public ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _over || _filling.Length < Room ? default : new ValueTask(Drained().WaitAsync(cancellationToken));
        }
    }

    /// <summary>Sends a close frame after everything that was sent before, and takes no more messages.</summary>
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

    /// <summary>Gives the connection up if the peer has taken nothing for 30 s, at the second look after that. To be called once a second or so.</summary>
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
        else
        {
            Break(new TimeoutException($"the peer took nothing for {MostForFrame.TotalSeconds:0} s"));
        }
    }

    /// <summary>Drops what is pending and takes no more messages.</summary>
    public void Abort()
    {
        End();
        _stop.Cancel();
    }

    public void Dispose()
    {
        Abort();
        _stop.Dispose();
    }

    private bool TryAppend<TState>(TState state, Action<TState, IBufferWriter<byte>> encode)
    {
        if (_over || _close is not null)
        {
            return false;
        }

        var start = _filling.Length;
        if (start > MostPending)
        {
            // Not here: breaking the connection takes locks of its own.
            ThreadPool.UnsafeQueueUserWorkItem(
                static sender => sender.Break(new IOException("the peer takes nothing, and too much is pending")), this, preferLocal: false);
            return false;
        }

        try
        {
            encode(state, _filling);
        }
        catch
        {
            // Half a message must never go out.
            _filling.Truncate(start);
            throw;
        }

        _fillingEnds.Add(_filling.Length);
        return true;
    }

    private void Schedule()
    {
        if (!_writing && !_over)
        {
            _writing = true;

            // The task needs no observer: it catches everything, and every outcome ends in Ended.
            _scheduler.Schedule(static sender => _ = ((MessageSender)sender!).WriteAsync(), this);
        }
    }

    private Task Drained() => (_drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private async Task WriteAsync()
    {
        try
        {
            (WebSocketCloseStatus Status, string Reason)? close;
            while (Swap(out close))
            {
                await SendBatchAsync().ConfigureAwait(false);
            }

            if (close is { } frame)
            {
                Volatile.Write(ref _frameStarted, time.GetTimestamp());
                await socket.CloseOutputAsync(frame.Status, frame.Reason, _stop.Token).ConfigureAwait(false);
                End();
            }
        }
        catch (Exception fault)
        {
            Break(fault);
        }
    }

    private async ValueTask SendBatchAsync()
    {
        var isBatch = stream is not null && _sendingEnds.Count > 1;
        if (isBatch)
        {
            stream!.Hold();
        }

        var start = 0;
        foreach (var end in _sendingEnds)
        {
            do
            {
                var next = Math.Min(end, start + MostInFrame);
                Volatile.Write(ref _frameStarted, time.GetTimestamp());
                await socket.SendAsync(_sending.Written[start..next], WebSocketMessageType.Text, endOfMessage: next == end, _stop.Token).ConfigureAwait(false);
                start = next;
            }
            while (start < end);
        }

        if (isBatch)
        {
            await stream!.ReleaseAsync(_stop.Token).ConfigureAwait(false);
        }

        Volatile.Write(ref _frameStarted, 0);
        _sending.Clear();
        _sendingEnds.Clear();
    }

    // The messages to send next; without any, the close frame if it is its turn. Decided under the lock: nobody may start a second writer beside it.
    private bool Swap(out (WebSocketCloseStatus Status, string Reason)? close)
    {
        TaskCompletionSource? drained;
        bool any;
        lock (_gate)
        {
            close = null;
            drained = _drained;
            _drained = null;
            any = _fillingEnds.Count > 0;
            if (any)
            {
                (_filling, _sending) = (_sending, _filling);
                (_fillingEnds, _sendingEnds) = (_sendingEnds, _fillingEnds);
            }
            else
            {
                close = _close;
                _writing = close is not null;

                // A connection on which nothing is sent holds no buffer.
                _filling.Release();
                _sending.Release();
            }
        }

        drained?.TrySetResult();
        return any;
    }

    // The read loop sees the end this way, and reports it.
    private void Break(Exception fault)
    {
        Fault ??= fault;
        End();
        socket.Abort();
    }

    private void End()
    {
        TaskCompletionSource? drained;
        lock (_gate)
        {
            _over = true;
            drained = _drained;
            _drained = null;
            _filling.Clear();
            _fillingEnds.Clear();
        }

        drained?.TrySetResult();
        _ended.TrySetResult();
    }
}
