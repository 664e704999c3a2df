using System.Buffers;
using System.Net.WebSockets;

namespace Iskandar.Protocol.Transports;

/// <summary>
/// The one writer of a WebSocket, with natural batching: producers encode into a buffer under a short lock; whoever finds nobody writing
/// schedules the writer, which swaps buffers and sends until there is nothing left. Producers of content wait while too much is pending; others never do.
/// </summary>
internal sealed class MessageSender(WebSocket socket, BatchingStream? stream = null) : IThreadPoolWorkItem, IDisposable
{
    // Enough to keep a fast link busy, little enough that what waits here never matters.
    private const int Room = 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PooledBuffer _filling = new();
    private PooledBuffer _sending = new();
    private List<int> _fillingEnds = [];
    private List<int> _sendingEnds = [];
    private TaskCompletionSource? _drained;
    private (WebSocketCloseStatus Status, string Reason)? _close;
    private bool _writing;
    private bool _over;

    /// <summary>Completes when the close frame is out, or the connection is beyond use.</summary>
    public Task Ended => _ended.Task;

    /// <summary>What broke the connection when writing, if anything did.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Encodes one message and sends it as soon as possible.</summary>
    /// <returns>False when the connection takes no more messages.</returns>
    public bool Send<TState>(TState state, Action<TState, IBufferWriter<byte>> encode)
        where TState : allows ref struct
    {
        lock (_gate)
        {
            if (_over || _close is not null)
            {
                return false;
            }

            var start = _filling.Length;
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
            if (_writing)
            {
                return true;
            }

            _writing = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return true;
    }

    /// <summary>Completes when there is room for content, or the connection is over.</summary>
    public ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _over || _filling.Length < Room ? default : new ValueTask(WaitAsync(cancellationToken));
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
            if (_writing)
            {
                return;
            }

            _writing = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Drops what is pending and takes no more messages.</summary>
    public void Abort()
    {
        End();
        _stop.Cancel();
    }

    // The task needs no observer: it catches everything, and every outcome ends in Ended.
    void IThreadPoolWorkItem.Execute() => _ = WriteAsync();

    public void Dispose()
    {
        Abort();
        _stop.Dispose();
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task drained;
            lock (_gate)
            {
                if (_over || _filling.Length < Room)
                {
                    return;
                }

                _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                drained = _drained.Task;
            }

            await drained.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            while (Swap())
            {
                var start = 0;
                var isBatch = stream is not null && _sendingEnds.Count > 1;
                if (isBatch)
                {
                    stream!.Hold();
                }

                foreach (var end in _sendingEnds)
                {
                    await socket.SendAsync(_sending.Written[start..end], WebSocketMessageType.Text, endOfMessage: true, _stop.Token).ConfigureAwait(false);
                    start = end;
                }

                if (isBatch)
                {
                    await stream!.ReleaseAsync(_stop.Token).ConfigureAwait(false);
                }

                _sending.Clear();
                _sendingEnds.Clear();
            }

            if (_close is { } close)
            {
                await socket.CloseOutputAsync(close.Status, close.Reason, _stop.Token).ConfigureAwait(false);
                End();
            }
        }
        catch (Exception fault)
        {
            Fault = fault;
            End();

            // The read loop sees the end this way, and reports it.
            socket.Abort();
        }
    }

    private bool Swap()
    {
        TaskCompletionSource? drained;
        var any = false;
        lock (_gate)
        {
            drained = _drained;
            _drained = null;
            if (_fillingEnds.Count > 0)
            {
                any = true;
                (_filling, _sending) = (_sending, _filling);
                (_fillingEnds, _sendingEnds) = (_sendingEnds, _fillingEnds);
            }
            else
            {
                // Left set when closing: nobody may start a second writer beside the close frame.
                _writing = _close is not null;
            }
        }

        drained?.TrySetResult();
        return any;
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
