using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Multiplexing;

/// <summary>The server's end of a connection that speaks the binary encoding: opens the streams.</summary>
internal sealed partial class FrameGatewayConnection : FrameConnection, IResumableConnection
{
    private static readonly TimeSpan MostToLeave = TimeSpan.FromSeconds(5);

    // A few requests, for which the client has more to do than the server had.
    private const int Plenty = 512;

    private readonly WebSocket _socket;
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, FrameGatewayExchange> _exchanges = [];
    private readonly Stack<FrameGatewayExchange> _unused = [];
    private readonly List<(FrameGatewayExchange Exchange, uint Stream)> _touched = [];
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _emptied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ResponseHead _scratch = new();
    private bool _hasResponse;
    private int _open;
    private uint _last;
    private ExchangeError _refusal;

    public FrameGatewayConnection(WebSocket socket, GatewayConnectionOptions options)
        : this(socket, options, options.Budget?.Share())
    {
    }

    private FrameGatewayConnection(WebSocket socket, GatewayConnectionOptions options, ByteBudget? budget)
        : base(options.TimeProvider, options.PingInterval, options.PingTimeout, options.MaxFields, budget, options.Scheduler, options.MoreExpected, Plenty)
    {
        _socket = socket;
        Options = options;
        Budget = budget;
        Keep = options.Keep;
        Sender.Keeps = options.Keep > TimeSpan.Zero && options.Accepted.HasFlag(OptionalMessages.Resume);
    }

    public GatewayConnectionOptions Options { get; }

    /// <summary>This connection's share of the common budget; null when there is none.</summary>
    public ByteBudget? Budget { get; }

    public long MaxRequestContent => long.MaxValue;

    public bool CanUpgrade => true;

    public bool CanExpect => true;

    public int ActiveExchanges => Volatile.Read(ref _open);

    public override bool IsQuiet => Volatile.Read(ref _open) <= 1;

    protected override bool IsIdle => Volatile.Read(ref _open) == 0;

    protected override uint LastStream => _last;

    public ExchangeError TryOpen([NotNullWhen(true)] out IGatewayExchange? exchange)
    {
        exchange = null;
        FrameGatewayExchange opened;
        lock (_gate)
        {
            if (_refusal != ExchangeError.None)
            {
                return _refusal;
            }

            // A client that takes nothing gets nothing more: what is pending for it stays bounded.
            if (_open >= Options.MaxExchanges || Sender.IsOverfull)
            {
                return ExchangeError.TunnelBusy;
            }

            _open++;
            opened = _unused.Count > 0 ? _unused.Pop() : new FrameGatewayExchange(this);
        }

        // Not under the lock: it is taken under an exchange's, never the other way round.
        opened.Open();
        exchange = opened;
        return ExchangeError.None;
    }

    /// <summary>Gives an exchange its stream: at the moment when its request is written, so that streams are opened in order, and before anything can come for it.</summary>
    /// <returns>The stream; 0 when the connection is over.</returns>
    public uint Register(FrameGatewayExchange exchange)
    {
        lock (_gate)
        {
            if (_refusal == ExchangeError.TunnelLost)
            {
                return 0;
            }

            do
            {
                _last++;
            }
            while (_last == 0 || _exchanges.ContainsKey(_last));

            _exchanges.Add(_last, exchange);
            return _last;
        }
    }

    public void EnforceDeadlines()
    {
        SweepLink();
        foreach (var exchange in OpenExchanges())
        {
            exchange.EnforceDeadline();
        }
    }

    public async Task DrainAsync(CancellationToken deadline)
    {
        SendGoAway(ErrorCode.Stopping, "The server is stopping.");
        if (Options.Accepted.HasFlag(OptionalMessages.Resume))
        {
            // Visitors are served here until the client is served elsewhere: it says when. One that is lost says nothing.
            try
            {
                await Task.WhenAny(_left.Task, RunEnded).WaitAsync(MostToLeave, Time, deadline).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
            {
                // Then without.
            }
        }

        await EndAsync(ExchangeError.ServerStopping, "The server is stopping.", WebSocketCloseStatus.EndpointUnavailable, deadline).ConfigureAwait(false);
    }

    public Task DisplaceAsync(CancellationToken deadline)
    {
        const string Reason = "Another connection has taken this name.";
        Refuse(ExchangeError.TunnelClosing);
        if (TryEndDetached())
        {
            return Task.CompletedTask;
        }

        SendGoAway(ErrorCode.Displaced, Reason);
        return EndAsync(ExchangeError.TunnelClosing, Reason, WebSocketCloseStatus.PolicyViolation, deadline);
    }

    public ValueTask DisposeAsync()
    {
        DisposeTransport();
        return default;
    }

    /// <summary>Takes the exchange out; nothing that still comes for its stream reaches anybody.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="stream">Its stream; 0 when it never had one.</param>
    /// <param name="isReusable">Whether nothing holds on to it.</param>
    public void Remove(FrameGatewayExchange exchange, uint stream, bool isReusable)
    {
        lock (_gate)
        {
            _open--;
            _exchanges.Remove(stream);
            if (isReusable)
            {
                _unused.Push(exchange);
            }

            SignalIfEmpty();
        }
    }

    protected override void OnFrame(in Frame frame)
    {
        if (frame.Type == FrameType.Request)
        {
            throw new ConnectionFaultException(ErrorCode.ProtocolError, "A Request frame came from a client.");
        }

        if (Find(frame.Stream) is not { } exchange)
        {
            CountUseless();
            return;
        }

        var fault = frame.Type switch
        {
            FrameType.Response => TakeResponse(exchange, frame),
            FrameType.Data => exchange.OnData(frame.Stream, frame.Payload, frame.IsEnd),
            FrameType.Trailers => exchange.OnTrailers(frame.Stream, frame.Payload, Fields),
            FrameType.Credit => exchange.OnCredit(frame.Stream, CreditFrame.Read(frame.Payload)),
            _ => exchange.OnReset(frame.Stream, ResetFrame.Read(frame.Payload)),
        };
        if (fault == ErrorCode.Done || (frame.Type == FrameType.Data && frame.Payload.IsEmpty && !frame.IsEnd))
        {
            CountUseless();
        }
        else if (fault is { } code)
        {
            exchange.OnFault(frame.Stream, code);
        }

        if (_touched.Count == 0 || _touched[^1] != (exchange, frame.Stream))
        {
            _touched.Add((exchange, frame.Stream));
        }
    }

    protected override void OnBatchEnd()
    {
        foreach (var (exchange, stream) in _touched)
        {
            exchange.Publish(stream);
        }

        _touched.Clear();
        if (_hasResponse)
        {
            _hasResponse = false;
            ExpectMore();
        }
    }

    protected override void OnGoAway(in GoAwayFrame frame)
    {
        Refuse(ExchangeError.TunnelClosing);
        _left.TrySetResult();
    }

    protected override void OnLost()
    {
        // A request that is told to be unsent must not go out after that, before the close frame.
        Refuse(ExchangeError.TunnelLost);
        Sender.DropUnsent();
        _left.TrySetResult();
        foreach (var exchange in OpenExchanges())
        {
            exchange.Lose();
        }
    }

    private async Task EndAsync(ExchangeError refusal, string reason, WebSocketCloseStatus status, CancellationToken deadline)
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

        await CloseAsync(status, reason, CancellationToken.None).ConfigureAwait(false);
    }

    // Takes the fields by exchanging heads, so that none are copied.
    private ErrorCode? TakeResponse(FrameGatewayExchange exchange, in Frame frame)
    {
        _scratch.Clear();
        var result = ResponseFrame.Read(frame.Payload, _scratch, Fields);
        _hasResponse = true;
        return result switch
        {
            FieldLinesResult.TooLarge => ErrorCode.HeadTooLarge,
            FieldLinesResult.Invalid => ErrorCode.ResponseInvalid,
            _ => exchange.OnResponse(frame.Stream, ref _scratch, frame.IsEnd),
        };
    }

    private FrameGatewayExchange? Find(uint stream)
    {
        lock (_gate)
        {
            if (_exchanges.TryGetValue(stream, out var exchange))
            {
                return exchange;
            }

            // RFC 1982: which of two serial numbers is the later one.
            return unchecked((int)(stream - _last)) <= 0
                ? null
                : throw new ConnectionFaultException(ErrorCode.ProtocolError, $"A frame came for stream {stream}, which was never opened.");
        }
    }

    private void Refuse(ExchangeError reason)
    {
        lock (_gate)
        {
            // What is lost stays lost, whoever wants to end it as well.
            _refusal = _refusal == ExchangeError.TunnelLost ? _refusal : reason;
            SignalIfEmpty();
        }
    }

    private void SignalIfEmpty()
    {
        if (_open == 0 && _refusal != ExchangeError.None)
        {
            _emptied.TrySetResult();
        }
    }

    private FrameGatewayExchange[] OpenExchanges()
    {
        lock (_gate)
        {
            return _exchanges.Count == 0 ? [] : [.. _exchanges.Values];
        }
    }
}
