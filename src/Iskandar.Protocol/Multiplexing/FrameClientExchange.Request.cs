using Iskandar.Protocol.Frames;

namespace Iskandar.Protocol.Multiplexing;

/// <content>
/// The way of the request: what the read loop delivers. Each member returns what is wrong with the frame, <see cref="ErrorCode.Done"/> for one that has no use, or null.
/// </content>
internal sealed partial class FrameClientExchange
{
    public ErrorCode? OnData(ReadOnlySpan<byte> piece, bool end)
    {
        lock (_gate)
        {
            return IsOver ? ErrorCode.Done : _inbound is null ? ErrorCode.ProtocolError : _inbound.Put(piece, end);
        }
    }

    public ErrorCode? OnTrailers(ReadOnlySpan<byte> payload, FieldLineReader reader)
    {
        lock (_gate)
        {
            if (IsOver)
            {
                return ErrorCode.Done;
            }

            if (_inbound is null or { IsEnded: true } || IsUpgrade)
            {
                return ErrorCode.ProtocolError;
            }

            return reader.Read(payload, _inbound.Trailers) switch
            {
                FieldLinesResult.TooLarge => ErrorCode.HeadTooLarge,
                FieldLinesResult.Invalid => ErrorCode.RequestInvalid,
                _ => _inbound.End(),
            };
        }
    }

    public ErrorCode? OnCredit(uint bytes)
    {
        lock (_gate)
        {
            return _cancelled || _outbound.IsOver ? ErrorCode.Done : _outbound.TryAdd(bytes) ? null : ErrorCode.FlowControlError;
        }
    }

    public ErrorCode? OnReset(ErrorCode code)
    {
        OnCancelled();
        return null;
    }

    /// <summary>A frame broke the stream's rules.</summary>
    public void OnFault(ErrorCode code)
    {
        OnCancelled();
        _connection.SendReset(_stream, code);
    }

    /// <summary>All that has arrived is in: whoever waits for it may go on.</summary>
    public void Publish()
    {
        lock (_gate)
        {
            if (!_cancelled)
            {
                _inbound?.Publish();
            }
        }
    }

    /// <summary>Content has left our hands.</summary>
    public void Consumed(int bytes)
    {
        CreditDue due;
        lock (_gate)
        {
            if (_disposed || _inbound is null)
            {
                return;
            }

            _inbound.Release(bytes);
            if (_cancelled || _inbound.IsEnded)
            {
                return;
            }

            due = _connection.Consumed(_inbound.Window, bytes);
        }

        _connection.Send(_stream, due);
    }

    // A stream is over when both directions have ended, or it was given up.
    private bool IsOver => _cancelled || (_outbound.IsOver && _inbound is null or { IsEnded: true });
}
