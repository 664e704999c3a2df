using System.IO.Pipelines;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Multiplexing;

/// <summary>
/// The server's end of one stream. Pooled by its connection. The read loop, the visitor's request and the deadlines meet under its lock, and whoever
/// comes for a stream that it no longer has finds nothing.
/// </summary>
internal sealed partial class FrameGatewayExchange : IGatewayExchange
{
    private readonly FrameGatewayConnection _connection;
    private readonly Lock _gate = new();
    private readonly OutboundContent _outbound;
    private readonly InboundContent _inbound;
    private readonly ReadySignal _head = new();
    private (Action<object> Callback, object State)? _onFailed;
    private uint _stream;
    private State _state;
    private bool _isUpgrade;
    private bool _isOver;
    private bool _endsEarly;
    private bool _isAsked;
    private TaskCompletionSource<bool>? _asked;
    private long _headOffset;
    private long _lastActivity;

    public FrameGatewayExchange(FrameGatewayConnection connection)
    {
        _connection = connection;
        _outbound = new OutboundContent(_gate, connection.Sender, connection.Scheduler);
        _inbound = new InboundContent(connection.NewWindow(connection.Budget), connection.Budget, ReadLoop.Scheduler);
    }

    private enum State
    {
        Unused,
        Open,
        Streaming,
        Done,
        Failed,
    }

    public RequestHead Request { get; } = new();

    public ResponseHead Response { get; private set; } = new();

    public PipeReader Content => _inbound.Reader;

    public FieldSection Trailers => _inbound.Trailers;

    public ExchangeError Error { get; private set; }

    public bool IsUnsent { get; private set; }

    public int ErrorStatus => Error.ToStatus();

    /// <summary>Begins a new exchange.</summary>
    public void Open()
    {
        lock (_gate)
        {
            _state = State.Open;
            Error = ExchangeError.None;
            IsUnsent = false;
        }
    }

    public ValueTask<bool> ReadHeadAsync() => _head.WaitAsync();

    public void OnFailed(Action<object> callback, object state)
    {
        lock (_gate)
        {
            _onFailed = (callback, state);
            if (_state == State.Failed)
            {
                callback(state);
            }
        }
    }

    public void Consumed(long bytes)
    {
        CreditDue due;
        lock (_gate)
        {
            _inbound.Release(bytes);
            if (_state != State.Streaming)
            {
                return;
            }

            _lastActivity = Now();
            due = _connection.Consumed(_inbound.Window, bytes);
        }

        _connection.Send(_stream, due);
    }

    public void Cancel(ExchangeError reason)
    {
        lock (_gate)
        {
            FailLocked(reason);
        }
    }

    /// <summary>The connection is over. A response that is all here stays good: only the visitor still has to take it.</summary>
    public void Lose()
    {
        lock (_gate)
        {
            _isOver = true;
            _outbound.Stop();
            if (_state is State.Open or State.Streaming)
            {
                IsUnsent = _state == State.Open && !_outbound.HasBegun && (_stream == 0 || !_connection.Sender.HasLeft(_headOffset));
                FailLocked(ExchangeError.TunnelLost);
            }
        }
    }

    public void EnforceDeadline()
    {
        var options = _connection.Options;
        lock (_gate)
        {
            // A client that takes no content is as good as one that doesn't answer.
            var limit = _state switch
            {
                State.Open when _outbound.IsOver || _outbound.IsWaiting || _isUpgrade || _asked is { Task.IsCompleted: false } => options.HeadTimeout,
                State.Streaming when !_isUpgrade => options.IdleTimeout,
                _ => null,
            };
            if (limit is { } time && options.TimeProvider.GetElapsedTime(_lastActivity) >= time)
            {
                FailLocked(ExchangeError.ResponseTimeout);
            }
        }
    }

    public void Dispose()
    {
        uint stream;
        bool tellsClient;
        var code = ErrorCode.Done;
        lock (_gate)
        {
            if (_state == State.Unused)
            {
                return;
            }

            stream = _stream;
            tellsClient = stream != 0 && !_isOver && (_endsEarly || _state != State.Done || !_outbound.IsOver);
            if (_state == State.Failed)
            {
                code = Error.ToErrorCode();
            }

            Reset();
        }

        if (tellsClient)
        {
            _connection.SendReset(stream, code);
        }

        _connection.Remove(this, stream, _head.TryReset());
    }

    private long Now() => _connection.Time.GetTimestamp();

    private void FailLocked(ExchangeError reason)
    {
        if (_state is State.Unused or State.Failed)
        {
            return;
        }

        Error = reason;
        _state = State.Failed;
        _outbound.Stop();
        _inbound.Complete();
        _head.SetElsewhere(false);
        _asked?.TrySetResult(false);
        _onFailed?.Callback(_onFailed.Value.State);
    }

    private void Reset()
    {
        _state = State.Unused;
        _stream = 0;
        _isUpgrade = false;
        _isOver = false;
        _endsEarly = false;
        _isAsked = false;
        _asked?.TrySetResult(false);
        _asked = null;
        _onFailed = null;
        _outbound.Reset();
        _inbound.Reset();
        Request.Clear();
    }
}
