using System.Buffers;
using System.IO.Pipelines;
using Iskandar.Protocol.FlowControl;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Link;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Multiplexing;

/// <summary>
/// The way of one stream's content out: cut into frames, as much of it as there is credit for. One sender at a time; the read loop brings credit. Both meet under
/// the exchange's lock.
/// </summary>
/// <param name="gate">The exchange's lock.</param>
/// <param name="sender">The connection's writer.</param>
/// <param name="scheduler">Where who waited for credit goes on.</param>
internal sealed class OutboundContent(Lock gate, LinkSender sender, PipeScheduler scheduler)
{
    private static readonly Action<(uint Stream, ReadOnlyMemory<byte> Content, bool End), IBufferWriter<byte>> WriteData =
        static (state, output) => DataFrame.Write(output, state.Stream, state.Content.Span, state.End);

    private readonly SendWindow _window = new();
    private TaskCompletionSource? _wake;
    private bool _stopped;

    /// <summary>Whether the direction has ended, or was given up.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether content waits, for credit or for room.</summary>
    public bool IsWaiting => _wake is not null;

    /// <summary>Whether anything of it was handed to the writer.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Sends content. Waits for credit, and for room.</summary>
    /// <returns>False when it was stopped.</returns>
    public ValueTask<bool> SendAsync(uint stream, ReadOnlyMemory<byte> content, bool end, CancellationToken cancellationToken)
    {
        if (content.IsEmpty && !end)
        {
            return new(!_stopped);
        }

        if (!TryTake(content.Length, end: false))
        {
            return SendPiecesAsync(stream, content, end, hasCredit: false, cancellationToken);
        }

        // Most of the time there is room as well.
        var sent = TrySend(stream, content, end, out var room);
        return room is null ? new(sent) : SendPiecesAsync(stream, content, end, hasCredit: true, cancellationToken);
    }

    /// <summary>Takes credit for a first piece that goes out beside a head.</summary>
    /// <param name="length">The piece's length.</param>
    /// <param name="end">Whether the direction ends with it.</param>
    /// <returns>False when it can't go as one frame now; nothing is taken then.</returns>
    public bool TryTake(int length, bool end)
    {
        lock (gate)
        {
            if (_stopped || length > FrameLimits.Data || length > _window.Available)
            {
                return false;
            }

            _window.Take(length);
            IsOver |= end;
            return true;
        }
    }

    /// <summary>Ends the direction with a trailer section.</summary>
    public void SendTrailers(uint stream, FieldSection trailers)
    {
        lock (gate)
        {
            if (_stopped || IsOver)
            {
                return;
            }

            IsOver = true;
        }

        sender.Send((stream, trailers), static (state, output) => TrailersFrame.Write(output, state.stream, state.trailers));
    }

    /// <summary>Marks the direction as ended: its head says so. Under the lock.</summary>
    public void End() => IsOver = true;

    /// <summary>Credit has come. Under the lock.</summary>
    /// <returns>False when that is more than there may be, or none.</returns>
    public bool TryAdd(uint bytes)
    {
        if (!_window.TryAdd(bytes))
        {
            return false;
        }

        Wake();
        return true;
    }

    /// <summary>Nothing more is to be sent; who waits goes on. Under the lock.</summary>
    public void Stop()
    {
        _stopped = true;
        IsOver = true;
        Wake();
    }

    /// <summary>Makes it new. Under the lock.</summary>
    public void Reset()
    {
        _window.Reset();
        _stopped = false;
        IsOver = false;
        HasBegun = false;
    }

    private bool TrySend(uint stream, ReadOnlyMemory<byte> piece, bool end, out Task? room)
    {
        var sent = sender.TrySendContent((stream, piece, end), WriteData, out room);
        if (sent)
        {
            HasBegun = true;
            if (end)
            {
                lock (gate)
                {
                    IsOver = true;
                }
            }
        }

        return sent;
    }

    private async ValueTask<bool> SendPiecesAsync(
        uint stream, ReadOnlyMemory<byte> content, bool end, bool hasCredit, CancellationToken cancellationToken)
    {
        try
        {
            do
            {
                var length = hasCredit ? content.Length : await TakeAsync(Math.Min(content.Length, FrameLimits.Data), cancellationToken).ConfigureAwait(false);
                if (length < 0 || !await SendPieceAsync(stream, content[..length], end && length == content.Length, cancellationToken).ConfigureAwait(false))
                {
                    return false;
                }

                content = content[length..];
            }
            while (!content.IsEmpty);
            return true;
        }
        catch (OperationCanceledException)
        {
            // What is missing now must not be followed by anything, least of all by the end: it isn't over, but it goes no further.
            lock (gate)
            {
                _stopped = true;
            }

            throw;
        }
        finally
        {
            lock (gate)
            {
                _wake = null;
            }
        }
    }

    private async ValueTask<bool> SendPieceAsync(uint stream, ReadOnlyMemory<byte> piece, bool end, CancellationToken cancellationToken)
    {
        while (true)
        {
            var sent = TrySend(stream, piece, end, out var room);
            if (room is null)
            {
                return sent;
            }

            Task stopped;
            lock (gate)
            {
                if (_stopped)
                {
                    return false;
                }

                stopped = Waking();
            }

            await Task.WhenAny(room, stopped).WaitAsync(cancellationToken).ConfigureAwait(false);
            lock (gate)
            {
                if (_stopped)
                {
                    return false;
                }
            }
        }
    }

    // As much as there is, at least a byte of what is wanted; -1: stopped.
    private async ValueTask<int> TakeAsync(int most, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task came;
            lock (gate)
            {
                if (_stopped)
                {
                    return -1;
                }

                if (most == 0 || _window.Available > 0)
                {
                    return _window.Take(most);
                }

                came = Waking();
            }

            await came.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private Task Waking() => (_wake ??= new TaskCompletionSource()).Task;

    private void Wake()
    {
        // Only schedules: no other code runs under the lock.
        if (_wake is { } wake)
        {
            _wake = null;
            scheduler.Schedule(static wake => ((TaskCompletionSource)wake!).TrySetResult(), wake);
        }
    }
}
