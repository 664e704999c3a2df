using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Protocol.Transports;

namespace Iskandar.Protocol.Json;

/// <summary>The client's end of one exchange of the JSON encoding.</summary>
internal sealed class JsonClientExchange(JsonClientConnection connection, string id, RequestHead head) : IClientExchange
{
    private readonly MessageSizes _sizes = new(connection.Registration.MaxMessage, id);
    private readonly Lock _gate = new();
    private readonly PooledBuffer _content = new();
    private CancellationTokenSource? _cancellation;
    private TaskCompletionSource? _creditCame;
    private long _credit = connection.Registration.Window ?? long.MaxValue;
    private ReadOnlyMemoryStream? _stream;
    private bool _cancelled;
    private bool _headSent;
    private bool _ended;

    public string Id => id;

    public RequestHead Request => head;

    public long? ContentLength => _content.Length;

    public bool IsUpgrade => false;

    public FieldSection RequestTrailers { get; } = new();

    public CancellationToken Cancelled
    {
        get
        {
            lock (_gate)
            {
                return _cancelled ? new CancellationToken(canceled: true) : (_cancellation ??= new CancellationTokenSource()).Token;
            }
        }
    }

    /// <summary>Takes what the message says.</summary>
    /// <returns>False when HTTP doesn't allow it.</returns>
    public bool TryTake(ref JsonMessage message)
    {
        head.Method = message.Method ?? "";
        head.Target = message.Path ?? "";
        return message.IsValid
            && HttpSyntax.IsToken(head.Method)
            && HttpSyntax.IsTarget(head.Target)
            && (head.Target != "*" || head.Method == "OPTIONS")
            && message.Body.TryDecode(_content, out _);
    }

    public Stream OpenContent() => _content.Length == 0 ? Stream.Null : _stream = new ReadOnlyMemoryStream(_content.Written);

    public void SendInformational(ResponseHead head)
    {
    }

    public ValueTask SendHeadAsync(ResponseHead head, ReadOnlyMemory<byte> content, bool endOfResponse, CancellationToken cancellationToken)
    {
        _headSent = true;
        var first = Math.Min(content.Length, _sizes.MostContentWith(head));
        if (!TryTakeCredit(first))
        {
            first = 0;
        }

        var isAll = first == content.Length;
        Send(head, content[..first], endOfResponse && isAll);
        return isAll
            ? content.IsEmpty ? default : connection.Sender.WaitForRoomAsync(cancellationToken)
            : SendPiecesAsync(content[first..], endOfResponse, cancellationToken);
    }

    public ValueTask SendContentAsync(ReadOnlyMemory<byte> content, bool endOfResponse, CancellationToken cancellationToken) =>
        content.IsEmpty && !endOfResponse ? default : SendPiecesAsync(content, endOfResponse, cancellationToken);

    public void SendTrailers(FieldSection trailers) => Send(null, default, done: true);

    public void Fail(ExchangeError error)
    {
        // A cancelled exchange is over at the server's end; anything more would be for an id that it doesn't know.
        if (_ended || Volatile.Read(ref _cancelled))
        {
            return;
        }

        End();
        if (_headSent)
        {
            connection.Sender.Send((id, error), static (state, output) => JsonMessageWriter.WriteFailure(output, state.id, state.error));
        }
        else
        {
            connection.Sender.Send((id, error), static (state, output) => JsonMessageWriter.WriteFailureAsResponse(output, state.id, state.error));
        }
    }

    public void Dispose()
    {
        Fail(ExchangeError.OriginFailed);
        connection.Remove(this);

        // The buffer goes back to the pool: whoever still reads must not see what comes into it next.
        _stream?.Dispose();
        _content.Release();
        lock (_gate)
        {
            _cancellation?.Dispose();
            _cancellation = null;
        }
    }

    /// <summary>Nobody waits for the response any more.</summary>
    public void OnCancelled()
    {
        TaskCompletionSource? creditCame;
        CancellationTokenSource? cancellation;
        lock (_gate)
        {
            if (_cancelled)
            {
                return;
            }

            _cancelled = true;
            creditCame = _creditCame;
            cancellation = _cancellation;
        }

        creditCame?.TrySetResult();

        // Not on the read loop: what hangs on the token is the app's, and may take its time.
        if (cancellation is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static state => state.Exchange.Fire(state.Cancellation), (Exchange: this, Cancellation: cancellation), preferLocal: false);
        }
    }

    /// <summary>So many more bytes of content may be sent.</summary>
    public void OnCredit(long bytes)
    {
        TaskCompletionSource? creditCame;
        lock (_gate)
        {
            _credit = bytes > long.MaxValue - _credit ? long.MaxValue : _credit + bytes;
            creditCame = _creditCame;
            _creditCame = null;
        }

        creditCame?.TrySetResult();
    }

    private void Fire(CancellationTokenSource cancellation)
    {
        try
        {
            cancellation.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The exchange ended meanwhile: nobody is left to be told.
        }
        catch (Exception fault)
        {
            // Callbacks are the app's, and this thread is nobody's: an exception that left here would end the process.
            connection.OnCallbackFault(fault);
        }
    }

    private async ValueTask SendPiecesAsync(ReadOnlyMemory<byte> content, bool endOfResponse, CancellationToken cancellationToken)
    {
        do
        {
            var most = Math.Min(content.Length, _sizes.MostContent);
            var length = most == 0 ? 0 : await TakeCreditAsync(most, cancellationToken).ConfigureAwait(false);
            await connection.Sender.WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
            var piece = content[..length];
            content = content[length..];
            Send(null, piece, endOfResponse && content.IsEmpty);
        }
        while (!content.IsEmpty);
    }

    private void Send(ResponseHead? head, ReadOnlyMemory<byte> content, bool done)
    {
        if (_ended || Volatile.Read(ref _cancelled))
        {
            return;
        }

        if (done)
        {
            End();
        }

        var message = (id, head, content, done);
        connection.Sender.Send(message, static (message, output) =>
        {
            if (message.head is null)
            {
                JsonMessageWriter.WriteContent(output, message.id, message.content.Span, message.done);
            }
            else
            {
                JsonMessageWriter.WriteResponse(output, message.id, message.head, message.content.Span, message.done);
            }
        });
    }

    // Before the last message goes out: from then on the server may use the id again.
    private void End()
    {
        _ended = true;
        connection.Remove(this);
    }

    private bool TryTakeCredit(int bytes)
    {
        lock (_gate)
        {
            if (_credit < bytes)
            {
                return false;
            }

            _credit -= bytes;
            return true;
        }
    }

    // Takes at least one byte of credit and at most so many, waiting for the first.
    private async ValueTask<int> TakeCreditAsync(int most, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task came;
            lock (_gate)
            {
                if (_cancelled)
                {
                    // What is sent from here on goes nowhere.
                    return most;
                }

                if (_credit > 0)
                {
                    var taken = (int)Math.Min(_credit, most);
                    _credit -= taken;
                    return taken;
                }

                _creditCame ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                came = _creditCame.Task;
            }

            await came.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
