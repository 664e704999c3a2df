using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;
using Iskandar.Protocol.Transports;

namespace Iskandar.Protocol.Multiplexing;

/// <summary>The client's end of a connection that speaks the binary encoding: takes the streams that the server opens.</summary>
internal sealed partial class FrameClientConnection : FrameConnection, IClientConnection
{
    // Several small responses, or a piece of a larger one.
    private const int Plenty = 2 * 1024;

    private readonly ClientConnectionOptions _options;
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, FrameClientExchange> _exchanges = [];
    private readonly List<FrameClientExchange> _opened = [];
    private readonly List<FrameClientExchange> _touched = [];
    private RequestHead _scratch = new();
    private IExchangeHandler? _handler;
    private int _running;
    private int _unanswered;
    private uint _last;
    private volatile bool _stopping;

    public FrameClientConnection(WebSocket socket, BatchingStream? stream, ClientConnectionOptions options, Registration registration)
        : base(
            options.TimeProvider,
            options.PingInterval,
            options.PingTimeout,
            (int)Math.Clamp(registration.MaxFields ?? FrameLimits.DefaultFields, 0, FrameLimits.Head),
            budget: null,
            options.Scheduler,
            options.MoreExpected,
            Plenty)
    {
        _next = socket;
        _stream = stream;
        _options = options;
        Registration = registration;
        Budget = new ByteBudget(options.MaxBuffered);
        Sender.Keeps = registration is { Resume: not null, Keep: > 0 };
        Keep = TimeSpan.FromSeconds(Math.Min(registration.Keep ?? 0, MostKeep)) + KeepLonger;
    }

    public Registration Registration { get; private set; }

    public ByteBudget Budget { get; }

    /// <summary>Bytes of field lines that the server takes in a response.</summary>
    public long MaxFields => Math.Min(Registration.MaxFields ?? FrameLimits.DefaultFields, FrameLimits.MostFields);

    public override bool IsQuiet => Volatile.Read(ref _unanswered) <= 1;

    // There is one connection in a process: its buffer is not worth another system call.
    protected override bool IsIdle => false;

    protected override uint LastStream => _last;

    public void StopAccepting()
    {
        if (!_stopping)
        {
            _stopping = true;
            SendGoAway(ErrorCode.TunnelClosing, "The client is stopping.");
        }
    }

    public Task CloseAsync(CancellationToken cancellationToken) =>
        CloseAsync(WebSocketCloseStatus.NormalClosure, "The client is stopping.", cancellationToken);

    public ValueTask DisposeAsync()
    {
        DisposeTransport();

        // One that was never run on is closed by nobody else.
        Interlocked.Exchange(ref _next, null)?.Dispose();
        return default;
    }

    /// <summary>Passes on what an app's callback threw.</summary>
    public void OnCallbackFault(Exception exception) => _handler?.OnCallbackFault(exception);

    /// <summary>Takes the exchange out; nobody works on it any more.</summary>
    public void Remove(uint stream)
    {
        lock (_gate)
        {
            _exchanges.Remove(stream);
        }

        Interlocked.Decrement(ref _running);
    }

    /// <summary>An exchange has nothing more to say. Once for each.</summary>
    public void OnAnswered() => Interlocked.Decrement(ref _unanswered);

    protected override void OnFrame(in Frame frame)
    {
        if (frame.Type == FrameType.Request)
        {
            TakeRequest(frame);
            return;
        }

        if (frame.Type == FrameType.Response)
        {
            throw new ConnectionFaultException(ErrorCode.ProtocolError, "A Response frame came from a server.");
        }

        if (Find(frame.Stream) is not { } exchange)
        {
            CountUseless();
            return;
        }

        var fault = frame.Type switch
        {
            FrameType.Data => exchange.OnData(frame.Payload, frame.IsEnd),
            FrameType.Trailers => exchange.OnTrailers(frame.Payload, Fields),
            FrameType.Credit => exchange.OnCredit(CreditFrame.Read(frame.Payload)),
            _ => exchange.OnReset(ResetFrame.Read(frame.Payload)),
        };
        if (fault == ErrorCode.Done || (frame.Type == FrameType.Data && frame.Payload.IsEmpty && !frame.IsEnd))
        {
            CountUseless();
        }
        else if (fault is { } code)
        {
            exchange.OnFault(code);
        }

        if (frame.Type is FrameType.Data or FrameType.Trailers && (_touched.Count == 0 || _touched[^1] != exchange))
        {
            _touched.Add(exchange);
        }
    }

    protected override void OnBatchEnd()
    {
        foreach (var exchange in _touched)
        {
            exchange.Publish();
        }

        _touched.Clear();
        if (_opened.Count == 0)
        {
            return;
        }

        foreach (var exchange in _opened)
        {
            _handler!.OnExchange(exchange);
        }

        _opened.Clear();
        ExpectMore();
    }

    protected override void OnGoAway(in GoAwayFrame frame)
    {
        // The server opens no more exchanges and closes when those in flight are done; there is nothing to do here until then.
        IsDisplaced |= frame.Code == ErrorCode.Displaced;
        _goingAway.TrySetResult(true);
    }

    protected override void OnLost()
    {
        FrameClientExchange[] exchanges;
        lock (_gate)
        {
            _stopping = true;
            exchanges = [.. _exchanges.Values];
        }

        _goingAway.TrySetResult(false);

        foreach (var exchange in exchanges)
        {
            exchange.OnCancelled();
        }
    }

    private void TakeRequest(in Frame frame)
    {
        // RFC 1982: which of two serial numbers is the later one.
        if (unchecked((int)(frame.Stream - _last)) <= 0)
        {
            throw new ConnectionFaultException(ErrorCode.ProtocolError, $"A Request frame came for stream {frame.Stream}, after stream {_last}.");
        }

        _last = frame.Stream;
        var head = _scratch;
        var read = RequestFrame.Read(frame.Payload, head, Fields);
        var exchange = read == FieldLinesResult.Ok ? FrameClientExchange.TryCreate(this, frame, head) : null;
        var refusal = exchange is null ? (read == FieldLinesResult.TooLarge ? ErrorCode.HeadTooLarge : ErrorCode.RequestInvalid)
            : _stopping ? ErrorCode.TunnelClosing
            : Volatile.Read(ref _running) >= _options.MaxExchanges ? ErrorCode.TunnelBusy
            : ErrorCode.Done;
        if (exchange is null || refusal != ErrorCode.Done)
        {
            head.Clear();
            SendReset(frame.Stream, refusal);
            return;
        }

        lock (_gate)
        {
            if (!_exchanges.TryAdd(frame.Stream, exchange))
            {
                throw new ConnectionFaultException(ErrorCode.ProtocolError, $"A Request frame came for stream {frame.Stream}, which is in use.");
            }
        }

        _scratch = new RequestHead();

        // Counted until it is disposed: a server that resets streams can't make more work than it could with open ones.
        Interlocked.Increment(ref _running);
        Interlocked.Increment(ref _unanswered);
        _opened.Add(exchange);
    }

    private FrameClientExchange? Find(uint stream)
    {
        lock (_gate)
        {
            if (_exchanges.TryGetValue(stream, out var exchange))
            {
                return exchange;
            }
        }

        return unchecked((int)(stream - _last)) <= 0
            ? null
            : throw new ConnectionFaultException(ErrorCode.ProtocolError, $"A frame came for stream {stream}, which was never opened.");
    }
}
