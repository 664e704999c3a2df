using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Protocol.Transports;

namespace Iskandar.Protocol.Json;

/// <summary>
/// The server's end of one exchange of the JSON encoding. Pooled by its connection. The read loop, the visitor's request and the deadlines meet
/// under its lock, and whoever comes for an id that it no longer has finds nothing. Completions under the lock only schedule: no other code runs there.
/// </summary>
internal sealed class JsonGatewayExchange(JsonGatewayConnection connection) : IGatewayExchange, IValueTaskSource<bool>
{
    private static readonly PipeOptions ContentOptions = new(pauseWriterThreshold: 0, resumeWriterThreshold: 0, useSynchronizationContext: false);

    private readonly Lock _gate = new();
    private readonly Pipe _content = new(ContentOptions);
    private readonly PooledBuffer _request = new();
    private ManualResetValueTaskSourceCore<bool> _head = new() { RunContinuationsAsynchronously = true };
    private (Action<object> Callback, object State)? _onFailed;
    private State _state;
    private bool _headSignalled;
    private bool _requestSent;
    private bool _clientEnded;
    private int _status;
    private long _lastActivity;
    private long _requestBytes;
    private long _buffered;
    private long _credit;
    private long _unreturned;

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

    public PipeReader Content => _content.Reader;

    public ExchangeError Error { get; private set; }

    public int ErrorStatus => _status is >= 500 and <= 599 ? _status : Error.ToStatus();

    /// <summary>Response content that the visitor hasn't taken, in bytes.</summary>
    public long Buffered => Volatile.Read(ref _buffered);

    /// <summary>Begins a new exchange. Called under the connection's lock, before anybody else knows the id.</summary>
    public void Open(ulong id)
    {
        lock (_gate)
        {
            Id = id;
            _state = State.Open;
            _credit = connection.Options.Window;
            Error = ExchangeError.None;
        }
    }

    public void SendHead(bool endOfRequest)
    {
        if (endOfRequest)
        {
            SendRequest();
        }
    }

    public ValueTask<ExchangeError> SendContentAsync(ReadOnlySequence<byte> content, CancellationToken cancellationToken)
    {
        if (_request.Length + content.Length > connection.MaxRequestContent)
        {
            return new(ExchangeError.ContentTooLarge);
        }

        if (connection.Options.Budget is { } budget)
        {
            if (!budget.TryTake(content.Length))
            {
                return new(ExchangeError.ServerBusy);
            }

            _requestBytes += content.Length;
        }

        foreach (var segment in content)
        {
            _request.Write(segment.Span);
        }

        return new(Error);
    }

    public async ValueTask EndContentAsync(CancellationToken cancellationToken)
    {
        await connection.Sender.WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
        SendRequest();
        ForgetRequest();
    }

    public ValueTask<bool> ReadHeadAsync() => new(this, _head.Version);

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
        ReleaseBuffered(bytes);
        long credit;
        ulong id;
        lock (_gate)
        {
            _lastActivity = Now();
            _unreturned += bytes;
            if (_state != State.Streaming || !connection.AcceptsCredit || _unreturned < connection.Options.Window / 2)
            {
                return;
            }

            (credit, _unreturned) = (_unreturned, 0);
            _credit += credit;
            id = Id;
        }

        connection.Sender.Send((id, credit), static (state, output) => JsonMessageWriter.WriteCredit(output, state.id, state.credit));
    }

    public void Cancel(ExchangeError reason)
    {
        lock (_gate)
        {
            FailLocked(reason);
        }
    }

    /// <summary>Fails the exchange if it still has this id.</summary>
    public void Fail(ulong id, ExchangeError reason)
    {
        lock (_gate)
        {
            if (Id == id)
            {
                FailLocked(reason);
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

            var taken = TryTakeContent(message.Body, out arrived);
            if (taken != ExchangeError.None)
            {
                FailLocked(taken);
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
                    SignalHead(true);
                }
            }
        }

        // Outside the lock: another exchange may have to fail.
        connection.CountBuffered(arrived);
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

        ReleaseBuffered(Buffered);
        ForgetRequest();
        if (tellClient)
        {
            connection.Sender.Send(id, static (id, output) => JsonMessageWriter.WriteCancel(output, id));
        }

        connection.Remove(this, id);
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _head.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _head.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _head.OnCompleted(continuation, state, token, flags);

    private long Now() => connection.Options.TimeProvider.GetTimestamp();

    private void SendRequest()
    {
        lock (_gate)
        {
            if (_state != State.Open)
            {
                return;
            }

            _requestSent = true;
            _lastActivity = Now();
        }

        connection.Sender.Send(this, static (exchange, output) =>
            JsonMessageWriter.WriteRequest(output, exchange.Id, exchange.Request, exchange._request.Written.Span));
    }

    private ExchangeError TryTakeContent(JsonContent body, out long arrived)
    {
        arrived = 0;
        if (body.IsEmpty)
        {
            return ExchangeError.None;
        }

        const int MostPadding = 2;
        if (connection.AcceptsCredit && body.MostBytes - MostPadding > _credit)
        {
            return ExchangeError.ResponseInvalid;
        }

        var budget = connection.Options.Budget;
        if (budget?.TryTake(body.MostBytes) == false)
        {
            return ExchangeError.ServerBusy;
        }

        var isBase64 = body.TryDecode(_content.Writer, out arrived);
        budget?.Return(body.MostBytes - arrived);
        _credit -= arrived;
        Interlocked.Add(ref _buffered, arrived);
        return isBase64 ? ExchangeError.None : ExchangeError.ResponseInvalid;
    }

    private void Publish(bool anyContent, bool done)
    {
        if (done)
        {
            _state = State.Done;
            _content.Writer.Complete();
            return;
        }

        _state = State.Streaming;
        if (anyContent)
        {
            // There is no threshold at which the pipe makes a writer wait, so this has always completed.
            var flushed = _content.Writer.FlushAsync(CancellationToken.None);
            _ = flushed.IsCompletedSuccessfully ? flushed.Result : default;
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
        _content.Writer.Complete();
        if (!_headSignalled)
        {
            SignalHead(false);
        }

        _onFailed?.Callback(_onFailed.Value.State);
    }

    private void SignalHead(bool isThere)
    {
        _headSignalled = true;
        _head.SetResult(isThere);
    }

    private void ReleaseBuffered(long bytes)
    {
        Interlocked.Add(ref _buffered, -bytes);
        connection.Options.Budget?.Return(bytes);
        connection.CountBuffered(-bytes);
    }

    private void ForgetRequest()
    {
        _request.Dispose();
        connection.Options.Budget?.Return(_requestBytes);
        _requestBytes = 0;
    }

    private void Reset()
    {
        _state = State.Idle;
        Id = 0;
        _status = 0;
        _unreturned = 0;
        _headSignalled = false;
        _requestSent = false;
        _clientEnded = false;
        _onFailed = null;
        _head.Reset();
        _content.Reader.Complete();
        _content.Writer.Complete();
        _content.Reset();
        Request.Clear();
    }
}
