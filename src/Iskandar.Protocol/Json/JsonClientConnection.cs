using System.Net.WebSockets;
using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Protocol.Transports;

namespace Iskandar.Protocol.Json;

/// <summary>
/// The client's end of a connection that speaks the JSON encoding. One read loop that never waits for an exchange, one writer
/// (<see cref="MessageSender"/>), one way to end: <see cref="RunAsync"/> returns, and every exchange is cancelled.
/// </summary>
internal sealed class JsonClientConnection : IClientConnection
{
    private readonly WebSocket _socket;
    private readonly ClientConnectionOptions _options;
    private readonly MessageReceiver _receiver;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, JsonClientExchange> _exchanges = new(StringComparer.Ordinal);
    private readonly FieldSection _cookies = new();
    private readonly TaskCompletionSource<bool> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IExchangeHandler? _handler;
    private volatile bool _stopping;

    public JsonClientConnection(
        WebSocket socket, ClientConnectionOptions options, BatchingStream? stream, MessageReceiver receiver, Registration registration)
    {
        _socket = socket;
        _options = options;
        _receiver = receiver;
        Registration = registration;
        Sender = new MessageSender(socket, options.TimeProvider, stream, options.Scheduler);
    }

    public Registration Registration { get; }

    // The encoding has no link: what is lost is lost.
    public LinkResumption? Resumption => null;

    public Task<bool> GoingAway => _over.Task;

    public bool IsDisplaced => _socket.CloseStatus == WebSocketCloseStatus.PolicyViolation;

    public bool HasReceived { get; private set; }

    public MessageSender Sender { get; }

    public async Task<string> RunAsync(IExchangeHandler handler, CancellationToken cancellationToken)
    {
        _handler = handler;
        try
        {
            return await ReadAsync(handler, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return "stopped";
        }
        catch (Exception fault) when (ConnectionEnd.IsExpected(fault))
        {
            return ConnectionEnd.Describe(Sender.Fault ?? fault);
        }
        finally
        {
            // In every outcome: nobody may wait for a connection that isn't there.
            foreach (var exchange in TakeExchanges())
            {
                exchange.OnCancelled();
            }

            await ClosingHandshake.FinishAsync(_socket, Sender, _options.TimeProvider).ConfigureAwait(false);
            _over.TrySetResult(false);
        }
    }

    public void Sweep() => Sender.EnforceProgress();

    public void Probe()
    {
        // The WebSocket's own pings have to do.
    }

    public void GiveUp()
    {
        // There is nothing that is kept.
    }

    public void StopAccepting() => _stopping = true;

    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        Sender.Close(WebSocketCloseStatus.NormalClosure, "The client is stopping.");
        try
        {
            await _over.Task.WaitAsync(ClosingHandshake.Timeout, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            _socket.Abort();
        }
    }

    public ValueTask DisposeAsync()
    {
        Sender.Dispose();
        _receiver.Dispose();
        _socket.Dispose();
        return default;
    }

    /// <summary>Passes on what an app's callback threw.</summary>
    public void OnCallbackFault(Exception exception) => _handler?.OnCallbackFault(exception);

    /// <summary>Takes the exchange out; what still comes for its id reaches nobody.</summary>
    public void Remove(JsonClientExchange exchange)
    {
        lock (_gate)
        {
            if (_exchanges.TryGetValue(exchange.Id, out var current) && current == exchange)
            {
                _exchanges.Remove(exchange.Id);
            }
        }
    }

    private async Task<string> ReadAsync(IExchangeHandler handler, CancellationToken cancellationToken)
    {
        while (true)
        {
            var received = await _receiver.ReceiveAsync(cancellationToken).ConfigureAwait(false);
            if (received.Kind == ReceivedKind.Closed)
            {
                return _socket.CloseStatusDescription is { Length: > 0 } words ? words : "closed by the server";
            }

            HasReceived = true;
            Deliver(received, handler);
        }
    }

    private void Deliver(ReceivedMessage received, IExchangeHandler handler)
    {
        var head = new RequestHead();
        var message = JsonMessage.Read(received.Data.Span, received.Kind == ReceivedKind.Message, head.Fields, _cookies);
        if (message.Id.IsEmpty)
        {
            return;
        }

        var id = Encoding.UTF8.GetString(message.Id);
        switch (message.Type)
        {
            case JsonMessageType.Cancel:
                Find(id)?.OnCancelled();
                break;
            case JsonMessageType.Credit when message.Bytes > 0:
                Find(id)?.OnCredit(message.Bytes);
                break;
            case JsonMessageType.Request or JsonMessageType.Absent:
                Accept(id, ref message, head, handler);
                break;
        }
    }

    private void Accept(string id, ref JsonMessage message, RequestHead head, IExchangeHandler handler)
    {
        var exchange = new JsonClientExchange(this, id, head);
        ExchangeError refusal;
        lock (_gate)
        {
            if (_exchanges.ContainsKey(id))
            {
                // Answering would end the exchange that has the id.
                return;
            }

            refusal = _stopping ? ExchangeError.TunnelClosing
                : _exchanges.Count >= _options.MaxExchanges ? ExchangeError.TunnelBusy
                : exchange.TryTake(ref message) ? ExchangeError.None
                : ExchangeError.RequestInvalid;
            if (refusal == ExchangeError.None)
            {
                _exchanges.Add(id, exchange);
            }
        }

        if (refusal == ExchangeError.None)
        {
            handler.OnExchange(exchange);
        }
        else
        {
            exchange.Fail(refusal);
        }
    }

    private JsonClientExchange? Find(string id)
    {
        lock (_gate)
        {
            return _exchanges.GetValueOrDefault(id);
        }
    }

    private JsonClientExchange[] TakeExchanges()
    {
        lock (_gate)
        {
            _stopping = true;
            var exchanges = _exchanges.Values.ToArray();
            _exchanges.Clear();
            return exchanges;
        }
    }
}
