using System.IO.Pipelines;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Json;

/// <summary>
/// The server's end of one exchange of the JSON encoding. Pooled by its connection. The read loop, the visitor's request and the deadlines meet
/// under its lock, and whoever comes for an id that it no longer has finds nothing. Completions under the lock only schedule: no other code runs there.
/// </summary>
internal sealed partial class JsonGatewayExchange(JsonGatewayConnection connection) : IGatewayExchange
{
    private readonly Lock _gate = new();
    private readonly GatheredContent _sent = new(connection.Options.MaxBufferedRequest, connection.Budget);
    private readonly ReceivedContent _received = new(connection.Options, connection.Budget);
    private readonly ReadySignal _head = new();
    private (Action<object> Callback, object State)? _onFailed;
    private State _state;
    private CancellationTokenSource? _waiting;
    private bool _requestSent;
    private bool _clientEnded;
    private int _status;
    private long _lastActivity;

    private enum State
    {
        Idle,
        Open,
        Streaming,
        Done,
        Failed,
    }

    /// <summary>Its id on the connection; 0 when idle.</summary>
    public ulong Id { get; private set; }

    public RequestHead Request { get; } = new();

    public ResponseHead Response { get; private set; } = new();

    public PipeReader Content => _received.Reader;

    public FieldSection Trailers { get; } = new();

    public ExchangeError Error { get; private set; }

    // What was written to a WebSocket that broke may have arrived.
    public bool IsUnsent => false;

    public int ErrorStatus => _status is >= 500 and <= 599 ? _status : Error.ToStatus();

    /// <summary>Response content that the visitor hasn't taken, in bytes.</summary>
    public long Buffered => _received.Buffered;

    /// <summary>Begins a new exchange. Called under the connection's lock, before anybody else knows the id.</summary>
    public void Open(ulong id)
    {
        lock (_gate)
        {
            Id = id;
            _state = State.Open;
            Error = ExchangeError.None;
        }
    }

    // Content crosses in the request's own message: it has to be there first.
    public Task<bool> WaitForContinueAsync() => Task.FromResult(true);

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
        ReleaseReceived(bytes);
        long credit;
        lock (_gate)
        {
            _lastActivity = Now();
            credit = _received.TakeCredit(bytes);
            if (credit == 0 || _state != State.Streaming)
            {
                return;
            }
        }

        connection.Sender.Send((Id, credit), static (state, output) => JsonMessageWriter.WriteCredit(output, state.Id, state.credit));
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
            if (_state is State.Open or State.Streaming)
            {
                FailLocked(ExchangeError.TunnelLost);
            }
        }
    }

    /// <summary>The client's message can't be used. After the last one nothing matters any more.</summary>
    public void Fail(ulong id, ExchangeError reason)
    {
        lock (_gate)
        {
            if (Id == id && _state is (State.Open or State.Streaming))
            {
                FailLocked(reason);
            }
        }
    }

    /// <summary>What is buffered for this visitor is too much, also when nothing more will come.</summary>
    public void Overflow(ulong id)
    {
        lock (_gate)
        {
            if (Id == id)
            {
                FailLocked(ExchangeError.ResponseOverflow);
            }
        }
    }

    public void EnforceDeadline()
    {
        var options = connection.Options;
        lock (_gate)
        {
            var limit = _state switch
            {
                State.Open when _requestSent => options.HeadTimeout,
                State.Streaming => options.IdleTimeout,
                _ => null,
            };
            if (limit is { } time && options.TimeProvider.GetElapsedTime(_lastActivity) >= time)
            {
                FailLocked(ExchangeError.ResponseTimeout);
            }
        }
    }

    /// <summary>Takes a message of the client.</summary>
    /// <param name="id">The id it was found by.</param>
    /// <param name="message">The message.</param>
    /// <param name="head">Holds the message's fields.</param>
    /// <returns>A head for the next message: the same, or this exchange's own in exchange.</returns>
    public ResponseHead Deliver(ulong id, ref JsonMessage message, ResponseHead head)
    {
        long arrived;
        var isDecided = false;
        lock (_gate)
        {
            if (Id != id || _state is not (State.Open or State.Streaming))
            {
                return head;
            }

            _lastActivity = Now();
            _clientEnded = message.Done || !message.Error.IsEmpty;
            if (!message.Error.IsEmpty)
            {
                _status = message.Status ?? 0;
                FailLocked(ExchangeErrors.FromClientCode(message.Error));
                return head;
            }

            var isFirst = _state == State.Open;
            if (!message.IsValid || (isFirst && message.Status is not (>= 200 and <= 599)))
            {
                FailLocked(ExchangeError.ResponseInvalid);
                return head;
            }

            var put = _received.TryPut(message.Body, out arrived);
            if (put != ExchangeError.None)
            {
                FailLocked(put);
            }
            else
            {
                if (isFirst)
                {
                    head.Status = message.Status!.Value;
                    (Response, head) = (head, Response);
                }

                Publish(arrived > 0, message.Done);
                if (isFirst)
                {
                    isDecided = _head.TryDecide(true);
                }
            }
        }

        // Outside the lock: another exchange may have to fail.
        connection.CountBuffered(arrived);
        if (isDecided)
        {
            ReadLoop.Hold();
            ReadLoop.Release(_head);
        }

        return head;
    }

    public void Dispose()
    {
        ulong id;
        bool tellClient;
        lock (_gate)
        {
            if (_state == State.Idle)
            {
                return;
            }

            id = Id;
            tellClient = _requestSent && !_clientEnded && connection.AcceptsCancel;
            Reset();
        }

        ReleaseReceived(Buffered);
        _sent.Release();
        if (tellClient)
        {
            connection.Sender.Send(id, static (id, output) => JsonMessageWriter.WriteCancel(output, id));
        }

        connection.Remove(this, id, _head.TryReset());
    }

    private long Now() => connection.Options.TimeProvider.GetTimestamp();

    private void Publish(bool anyContent, bool done)
    {
        _state = done ? State.Done : State.Streaming;
        if (done)
        {
            _received.Complete();
        }
        else if (anyContent)
        {
            _received.Publish();
        }
    }

    private void FailLocked(ExchangeError reason)
    {
        if (_state is State.Idle or State.Failed)
        {
            return;
        }

        Error = reason;
        _state = State.Failed;
        _received.Complete();
        _head.SetElsewhere(false);
        if (Volatile.Read(ref _waiting) is { } waiting)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static waiting => StopWaiting(waiting), waiting, preferLocal: false);
        }

        _onFailed?.Callback(_onFailed.Value.State);
    }

    private void ReleaseReceived(long bytes)
    {
        _received.Release(bytes);
        connection.CountBuffered(-bytes);
    }

    private void Reset()
    {
        _state = State.Idle;
        Id = 0;
        _status = 0;
        _requestSent = false;
        _clientEnded = false;
        _onFailed = null;
        _received.Reset();
        Request.Clear();
    }
}
