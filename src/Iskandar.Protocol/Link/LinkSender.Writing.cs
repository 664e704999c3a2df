using System.Net.WebSockets;

namespace Iskandar.Protocol.Link;

/// <content>The writer: one at a time, for one attachment.</content>
internal sealed partial class LinkSender
{
    /// <summary>Sends over this WebSocket from now on. Nothing may be attached.</summary>
    /// <param name="attachment">The WebSocket.</param>
    /// <param name="offset">What the other side has received: see <see cref="CanResume"/>.</param>
    /// <returns>False when the link is over.</returns>
    public bool TryAttach(LinkAttachment attachment, long offset)
    {
        TaskCompletionSource? drained;
        lock (_gate)
        {
            if (_over || !_log.CanRewind(offset))
            {
                return false;
            }

            _log.Rewind(offset);
            ReturnCharge();
            Fault = null;
            _attachment = attachment;
            if (attachment.Greeting is not null || _log.Waiting > 0 || _close is not null)
            {
                Schedule();
            }

            drained = TakeDrained();
        }

        Resume(drained);
        return true;
    }

    /// <summary>Sends no more over this WebSocket. When it returns, nothing of what is held is in anybody's hands.</summary>
    public async Task DetachAsync(LinkAttachment attachment)
    {
        Task idle;
        lock (_gate)
        {
            if (_attachment == attachment)
            {
                _attachment = null;
            }

            if (_writer != attachment)
            {
                return;
            }

            idle = (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        await attachment.Stop.CancelAsync().ConfigureAwait(false);
        await idle.ConfigureAwait(false);
    }

    private void Schedule()
    {
        if (!_isScheduled && _writer is null && _attachment is not null)
        {
            _isScheduled = true;
            _scheduler.Schedule(static sender => ((LinkSender)sender!).WriteScheduled(), this);
        }
    }

    private void WriteScheduled()
    {
        LinkAttachment? writer;
        lock (_gate)
        {
            _isScheduled = false;
            writer = _writer is null ? _attachment : null;
            _writer ??= writer;
        }

        Write(writer);
    }

    // Null: somebody else writes, or will. Under the lock.
    private LinkAttachment? BecomeWriter(bool isAlone)
    {
        if (_writer is null && _attachment is { } attachment && (isAlone || _log.Waiting >= plenty))
        {
            _writer = attachment;
            return attachment;
        }

        Schedule();
        return null;
    }

    private void Write(LinkAttachment? writer)
    {
        if (writer is not null)
        {
            // It catches everything.
            _ = WriteAsync(writer);
        }
    }

    private async Task WriteAsync(LinkAttachment attachment)
    {
        try
        {
            if (attachment.Greeting is { } greeting)
            {
                attachment.Greeting = null;
                Volatile.Write(ref _frameStarted, time.GetTimestamp());
                await attachment.Socket.SendAsync(greeting.AsMemory(), WebSocketMessageType.Text, endOfMessage: true, attachment.Stop.Token).ConfigureAwait(false);
                Volatile.Write(ref _frameStarted, 0);
            }

            (WebSocketCloseStatus Status, string Reason)? close;
            while (TryBegin(attachment, out close))
            {
                await SendAsync(attachment).ConfigureAwait(false);
            }

            if (close is { } frame)
            {
                Volatile.Write(ref _frameStarted, time.GetTimestamp());
                await attachment.Socket.CloseOutputAsync(frame.Status, frame.Reason, attachment.Stop.Token).ConfigureAwait(false);
                EndWriting(attachment);
            }
        }
        catch (Exception fault)
        {
            Break(attachment, fault);
            EndWriting(attachment);
        }
    }

    // As one message, in frames, each from one piece of memory.
    private async ValueTask SendAsync(LinkAttachment attachment)
    {
        bool isLast;
        do
        {
            ReadOnlyMemory<byte> piece;
            lock (_gate)
            {
                piece = _log.Take(MostInFrame);
                isLast = _log.Taken == _log.Claimed;
            }

            Volatile.Write(ref _frameStarted, time.GetTimestamp());
            await attachment.SendAsync(piece, isLast).ConfigureAwait(false);
        }
        while (!isLast);
        Volatile.Write(ref _frameStarted, 0);
    }

    // Whether there is a batch to send; when there is none, the close frame if it is its turn. Decided under the lock: nobody may start a second writer beside it.
    private bool TryBegin(LinkAttachment attachment, out (WebSocketCloseStatus Status, string Reason)? close)
    {
        TaskCompletionSource? drained;
        bool any;
        lock (_gate)
        {
            _hasSpoken = true;
            _log.MarkSent();
            if (!Keeps)
            {
                _log.TryAcknowledge(_log.Sent);
            }

            drained = TakeDrained();
            close = null;
            any = _attachment == attachment && _log.TryClaim();
            if (!any)
            {
                close = _attachment == attachment ? _close : null;
                if (close is null)
                {
                    BecomeIdle();
                }
            }
        }

        Resume(drained);
        return any;
    }

    // The read loop sees the end this way, and reports it.
    private void Break(LinkAttachment attachment, Exception fault)
    {
        lock (_gate)
        {
            if (_attachment == attachment)
            {
                Fault ??= fault;
                _attachment = null;
            }
        }

        attachment.Socket.Abort();
        attachment.End();
    }

    // Nothing more goes out over this WebSocket.
    private void EndWriting(LinkAttachment attachment)
    {
        lock (_gate)
        {
            if (_attachment == attachment)
            {
                _attachment = null;
            }

            _frameStarted = 0;
            BecomeIdle();
        }

        attachment.End();
    }

    private void BecomeIdle()
    {
        _writer = null;
        _log.Unclaim();
        if (_over)
        {
            Forget();
        }

        _idle?.TrySetResult();
        _idle = null;
    }
}
