using System.Buffers;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Multiplexing;

/// <content>The way of the request: what the visitor's request sends.</content>
internal sealed partial class FrameGatewayExchange
{
    private static readonly Action<(FrameGatewayExchange Exchange, FrameFlags Flags), IBufferWriter<byte>> WriteRequest = static (state, output) =>
    {
        if (state.Exchange.TryRegister() is > 0 and var stream)
        {
            state.Exchange._headOffset = state.Exchange._connection.Sender.Position;
            RequestFrame.Write(output, stream, state.Exchange.Request, state.Flags);
        }
    };

    public void SendHead(bool endOfRequest, bool upgrade)
    {
        lock (_gate)
        {
            if (_state != State.Open)
            {
                return;
            }

            _isUpgrade = upgrade;
            _lastActivity = Now();
            if (endOfRequest)
            {
                _outbound.End();
            }
        }

        var flags = (endOfRequest ? FrameFlags.End : FrameFlags.None) | (upgrade ? FrameFlags.Upgrade : FrameFlags.None);
        if (!_connection.Sender.SendHere((this, flags), WriteRequest, isAlone: _connection.IsQuiet) || Volatile.Read(ref _stream) == 0)
        {
            lock (_gate)
            {
                IsUnsent |= _state == State.Open;
                FailLocked(ExchangeError.TunnelLost);
            }
        }

        _connection.ExpectMore();
    }

    public Task<bool> WaitForContinueAsync()
    {
        lock (_gate)
        {
            if (_isAsked || _state != State.Open)
            {
                return Task.FromResult(_isAsked);
            }

            // Few requests expect anything: one object more for those.
            _asked = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            return _asked.Task;
        }
    }

    public async ValueTask<ExchangeError> SendContentAsync(ReadOnlySequence<byte> content, CancellationToken cancellationToken)
    {
        foreach (var segment in content)
        {
            if (!await _outbound.SendAsync(_stream, segment, end: false, cancellationToken).ConfigureAwait(false))
            {
                break;
            }

            Volatile.Write(ref _lastActivity, Now());
        }

        return Error;
    }

    public async ValueTask EndContentAsync(FieldSection? trailers, CancellationToken cancellationToken)
    {
        if (trailers is { Count: > 0 })
        {
            _outbound.SendTrailers(_stream, trailers);
        }
        else
        {
            await _outbound.SendAsync(_stream, default, end: true, cancellationToken).ConfigureAwait(false);
        }

        // Its time begins here.
        Volatile.Write(ref _lastActivity, Now());
    }

    public void StopContent()
    {
        lock (_gate)
        {
            if (_state != State.Unused && !_outbound.IsOver)
            {
                _outbound.Stop();

                // The other side doesn't know that nothing more will come.
                _endsEarly = true;
            }
        }
    }

    private uint TryRegister()
    {
        lock (_gate)
        {
            // Whoever failed it meanwhile has seen no stream, so nobody would tell the client.
            _stream = _state == State.Open ? _connection.Register(this) : 0;
            return _stream;
        }
    }
}
