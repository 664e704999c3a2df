using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Multiplexing;

/// <content>
/// The way of the response: what the read loop delivers. Each member returns what is wrong with the frame, <see cref="ErrorCode.Done"/> for one that has no use, or null.
/// </content>
internal sealed partial class FrameGatewayExchange
{
    /// <summary>A head. Of informational ones only 100 (Continue) has an effect: it asks for the request's content.</summary>
    /// <param name="stream">The stream it came for.</param>
    /// <param name="head">The head; replaced by this exchange's own when it was taken.</param>
    /// <param name="end">Whether there is no content.</param>
    public ErrorCode? OnResponse(uint stream, ref ResponseHead head, bool end)
    {
        lock (_gate)
        {
            if (!IsReceiving(stream))
            {
                return ErrorCode.Done;
            }

            if (_state != State.Open)
            {
                return ErrorCode.ProtocolError;
            }

            if (head.Status == 101 && !_isUpgrade)
            {
                return ErrorCode.ResponseInvalid;
            }

            if (head.Status < 200 && (head.Status != 101 || end))
            {
                if (head.Status == 100 && !end)
                {
                    _isAsked = true;
                    _asked?.TrySetResult(true);
                }

                return end ? ErrorCode.ProtocolError : null;
            }

            (Response, head) = (head, Response);
            _asked?.TrySetResult(false);
            _state = end ? State.Done : State.Streaming;
            _isUpgrade = Response.Status == 101;
            _lastActivity = Now();
            if (end)
            {
                _inbound.Put(default, end: true);
            }

            return null;
        }
    }

    public ErrorCode? OnData(uint stream, ReadOnlySpan<byte> piece, bool end)
    {
        lock (_gate)
        {
            if (!IsReceiving(stream))
            {
                return ErrorCode.Done;
            }

            if (_state != State.Streaming)
            {
                return ErrorCode.ProtocolError;
            }

            _lastActivity = Now();
            var fault = _inbound.Put(piece, end);
            if (fault is null && end)
            {
                _state = State.Done;
            }

            return fault;
        }
    }

    public ErrorCode? OnTrailers(uint stream, ReadOnlySpan<byte> payload, FieldLineReader reader)
    {
        lock (_gate)
        {
            if (!IsReceiving(stream))
            {
                return ErrorCode.Done;
            }

            if (_state != State.Streaming || _isUpgrade)
            {
                return ErrorCode.ProtocolError;
            }

            var read = reader.Read(payload, _inbound.Trailers);
            if (read != FieldLinesResult.Ok)
            {
                return read == FieldLinesResult.TooLarge ? ErrorCode.HeadTooLarge : ErrorCode.ResponseInvalid;
            }

            _state = State.Done;
            return _inbound.End();
        }
    }

    public ErrorCode? OnCredit(uint stream, uint bytes)
    {
        lock (_gate)
        {
            if (!IsReceiving(stream) || _outbound.IsOver)
            {
                return ErrorCode.Done;
            }

            _lastActivity = Now();
            return _outbound.TryAdd(bytes) ? null : ErrorCode.FlowControlError;
        }
    }

    /// <summary>The client has given up. After the end of its response that only means that it doesn't want the rest of the request.</summary>
    public ErrorCode? OnReset(uint stream, ErrorCode code)
    {
        lock (_gate)
        {
            if (!IsReceiving(stream))
            {
                return ErrorCode.Done;
            }

            _isOver = true;
            _outbound.Stop();
            if (_state != State.Done)
            {
                // A client that is about to stop has passed it to nobody.
                IsUnsent = _state == State.Open && !_outbound.HasBegun && code == ErrorCode.TunnelClosing;
                FailLocked(code.ToExchangeError());
            }

            return null;
        }
    }

    /// <summary>A frame broke the stream's rules.</summary>
    public void OnFault(uint stream, ErrorCode code)
    {
        lock (_gate)
        {
            if (!IsOpen(stream))
            {
                return;
            }

            _isOver = true;
            FailLocked(code switch
            {
                ErrorCode.HeadTooLarge => ExchangeError.ResponseHeadTooLarge,
                ErrorCode.Overflow => ExchangeError.ResponseOverflow,
                _ => ExchangeError.ResponseInvalid,
            });
        }

        _connection.SendReset(stream, code);
    }

    /// <summary>All that has arrived is in: whoever waits for it may go on.</summary>
    public void Publish(uint stream)
    {
        var isDecided = false;
        ReadLoop.Hold();
        lock (_gate)
        {
            if (IsOpen(stream))
            {
                _inbound.Publish();
                isDecided = _state is State.Streaming or State.Done && _head.TryDecide(true);
            }
        }

        ReadLoop.Release(isDecided ? _head : null);
    }

    // Whether anything can still come: a stream is over when both directions have ended.
    private bool IsReceiving(uint stream) => IsOpen(stream) && (_state != State.Done || !_outbound.IsOver || _endsEarly);

    private bool IsOpen(uint stream) => _stream == stream && _state is not (State.Unused or State.Failed);
}
