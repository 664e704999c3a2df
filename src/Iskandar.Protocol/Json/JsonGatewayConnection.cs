using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Protocol.Transports;

namespace Iskandar.Protocol.Json;

/// <summary>
/// The server's end of a connection that speaks the JSON encoding. One read loop that never waits for an exchange, one writer
/// (<see cref="MessageSender"/>), one way to end: <see cref="RunAsync"/> returns, and every exchange has failed.
/// </summary>
internal sealed class JsonGatewayConnection : IGatewayConnection
{
    private readonly WebSocket _socket;
    private readonly MessageReceiver _receiver;
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, JsonGatewayExchange> _exchanges = [];
    private readonly Stack<JsonGatewayExchange> _idle = [];
    private readonly FieldSection _cookies = new();
    private readonly TaskCompletionSource _emptied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ResponseHead _scratch = new();
    private ulong _lastId;
    private long _buffered;
    private ExchangeError _refusal;

    public JsonGatewayConnection(WebSocket socket, GatewayConnectionOptions options, BatchingStream? stream)
    {
        _socket = socket;
        Options = options;
        Sender = new MessageSender(socket, options.TimeProvider, stream, options.Scheduler);
        Budget = options.Budget?.Share();
        _receiver = new MessageReceiver(socket, options.MaxMessage, Budget);
    }

    public GatewayConnectionOptions Options { get; }

    public MessageSender Sender { get; }

    /// <summary>This connection's share of the common budget; null when there is none.</summary>
    public ByteBudget? Budget { get; }

    public bool AcceptsCancel => Options.Accepted.HasFlag(OptionalMessages.Cancel);

    public bool AcceptsCredit => Options.Accepted.HasFlag(OptionalMessages.Credit);

    public long MaxRequestContent => Options.MaxBufferedRequest;

    public bool CanUpgrade => false;

    public bool CanExpect => false;

    public int ActiveExchanges
    {
        get
        {
            lock (_gate)
            {
                return _exchanges.Count;
            }
        }
    }

    public async Task<string> RunAsync(Registration registration, CancellationToken cancellationToken)
    {
        Sender.Send(registration, static (registration, output) => JsonMessageWriter.WriteRegistration(output, registration));
        try
        {
            return await ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return "ended by the server";
        }
        catch (Exception fault) when (ConnectionEnd.IsExpected(fault))
        {
            return ConnectionEnd.Describe(Sender.Fault ?? fault);
        }
        finally
        {
            // In every outcome: no visitor may wait for a connection that isn't there.
            Refuse(ExchangeError.TunnelLost);
            foreach (var exchange in OpenExchanges())
            {
                exchange.Lose();
            }

            await ClosingHandshake.FinishAsync(_socket, Sender, Options.TimeProvider).ConfigureAwait(false);
            _over.TrySetResult();
        }
    }

    public ExchangeError TryOpen([NotNullWhen(true)] out IGatewayExchange? exchange)
    {
        exchange = null;
        lock (_gate)
        {
            if (_refusal != ExchangeError.None)
            {
                return _refusal;
            }

            // A client that takes nothing gets nothing more: what is pending for it stays bounded.
            if (_exchanges.Count >= Options.MaxExchanges || !Sender.HasRoom)
            {
                return ExchangeError.TunnelBusy;
            }

            var opened = _idle.Count > 0 ? _idle.Pop() : new JsonGatewayExchange(this);
            opened.Open(++_lastId);
            _exchanges.Add(_lastId, opened);
            exchange = opened;
            return ExchangeError.None;
        }
    }

    public void EnforceDeadlines()
    {
        Sender.EnforceProgress();
        foreach (var exchange in OpenExchanges())
        {
            exchange.EnforceDeadline();
        }
    }

    public bool IsOver => _over.Task.IsCompleted;

    public Task DrainAsync(CancellationToken deadline) =>
        EndAsync(ExchangeError.ServerStopping, WebSocketCloseStatus.EndpointUnavailable, "The server is stopping.", deadline);

    public Task DisplaceAsync(CancellationToken deadline) =>
        EndAsync(ExchangeError.TunnelClosing, WebSocketCloseStatus.PolicyViolation, "Another connection has taken this name.", deadline);

    public ValueTask DisposeAsync()
    {
        Sender.Dispose();
        _receiver.Dispose();
        _socket.Dispose();
        return default;
    }

    /// <summary>Takes the exchange out; nothing that still comes for its id reaches anybody.</summary>
    public void Remove(JsonGatewayExchange exchange, ulong id, bool isReusable)
    {
        lock (_gate)
        {
            if (_exchanges.Remove(id) && isReusable)
            {
                _idle.Push(exchange);
            }

            SignalIfEmpty();
        }
    }

    /// <summary>Counts response content that waits for slow visitors; the slowest pays when it is too much.</summary>
    public void CountBuffered(long bytes)
    {
        if (Interlocked.Add(ref _buffered, bytes) <= Options.MaxBufferedResponses || bytes <= 0 || AcceptsCredit)
        {
            return;
        }

        (JsonGatewayExchange? Exchange, ulong Id, long Buffered) most = default;
        foreach (var exchange in OpenExchanges())
        {
            if (exchange.Buffered > most.Buffered)
            {
                most = (exchange, exchange.Id, exchange.Buffered);
            }
        }

        most.Exchange?.Overflow(most.Id);
    }

    private async Task EndAsync(ExchangeError refusal, WebSocketCloseStatus status, string reason, CancellationToken deadline)
    {
        Refuse(refusal);
        try
        {
            await _emptied.Task.WaitAsync(deadline).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Their time is up; the end of the connection fails them.
        }

        Sender.Close(status, reason);
        try
        {
            await _over.Task.WaitAsync(ClosingHandshake.Timeout, Options.TimeProvider, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _socket.Abort();
        }
    }

    private async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var message = await _receiver.ReceiveAsync(cancellationToken).ConfigureAwait(false);
            if (message.Kind == ReceivedKind.Closed)
            {
                return $"closed by the client ({(int?)_socket.CloseStatus ?? 1005})";
            }

            Deliver(message);
        }
    }

    private void Deliver(ReceivedMessage received)
    {
        var isWhole = received.Kind == ReceivedKind.Message;
        var message = JsonMessage.Read(received.Data.Span, isWhole, _scratch.Fields, _cookies);
        if (message.Type is not (JsonMessageType.Response or JsonMessageType.Absent) || Find(message.Id, out var id) is not { } exchange)
        {
            return;
        }

        if (isWhole)
        {
            // Takes the fields by exchanging heads, so that none are copied.
            _scratch = exchange.Deliver(id, ref message, _scratch);
        }
        else
        {
            exchange.Fail(id, ExchangeError.ResponseInvalid);
        }
    }

    private JsonGatewayExchange? Find(ReadOnlySpan<byte> text, out ulong id)
    {
        if (!Utf8Parser.TryParse(text, out id, out var length) || length != text.Length)
        {
            return null;
        }

        lock (_gate)
        {
            return _exchanges.GetValueOrDefault(id);
        }
    }

    private void Refuse(ExchangeError reason)
    {
        lock (_gate)
        {
            _refusal = reason;
            SignalIfEmpty();
        }
    }

    private void SignalIfEmpty()
    {
        if (_exchanges.Count == 0 && _refusal != ExchangeError.None)
        {
            _emptied.TrySetResult();
        }
    }

    private JsonGatewayExchange[] OpenExchanges()
    {
        lock (_gate)
        {
            return _exchanges.Count == 0 ? [] : [.. _exchanges.Values];
        }
    }
}
