using System.IO.Pipelines;
using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.FlowControl;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Link;
using Iskandar.Protocol.Transports;

namespace Iskandar.Protocol.Multiplexing;

/// <summary>
/// What both ends of a connection that speaks the binary encoding have in common: one read loop that never waits for a stream, one writer
/// (<see cref="LinkSender"/>), the frames of the connection itself, and one way to end.
/// </summary>
internal abstract partial class FrameConnection
{
    private const int LeastRead = 16 * 1024;
    private const int MostRead = 128 * 1024;

    // What a correct peer can have on its way for streams that are over is far less.
    private const int MostUseless = 10_000;
    private const int MostPingsWithoutRoom = 1_000;
    private static readonly TimeSpan UselessPeriod = TimeSpan.FromSeconds(1);

    private readonly PooledBuffer _buffer = new();
    private readonly Lock _roundTripGate = new();
    private readonly RoundTrip _roundTrip;
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action? _moreExpected;
    private FrameParser _parser;
    private int _read = LeastRead;
    private int _needed;
    private bool _isFirstReceive = true;
    private string? _breakReason;
    private int _pingsWithoutRoom;
    private int _useless;
    private long _uselessSince;

    protected FrameConnection(
        TimeProvider time, TimeSpan pingInterval, TimeSpan pingTimeout, int maxFields, ByteBudget? budget, PipeScheduler scheduler, Action? moreExpected, int plenty)
    {
        _roundTrip = new RoundTrip(time);
        _liveness = new Liveness(time, pingInterval, pingTimeout);
        Time = time;
        Scheduler = scheduler;
        _moreExpected = moreExpected;
        Sender = new LinkSender(time, budget, scheduler, plenty);
        Fields = new FieldLineReader(maxFields);
    }

    public LinkSender Sender { get; }

    public TimeProvider Time { get; }

    /// <summary>Where who waited goes on.</summary>
    public PipeScheduler Scheduler { get; }

    /// <summary>Whether a frame that is sent now should go out at once, on the thread that sends it: nothing that could share its way is about to come.</summary>
    public abstract bool IsQuiet { get; }

    /// <summary>Reads field lines; for the read loop only.</summary>
    protected FieldLineReader Fields { get; }

    /// <summary>What the other side's GOAWAY said, for the log; null when none has come.</summary>
    protected string? Farewell { get; private set; }

    /// <summary>Whether memory is better given back than kept for the next message.</summary>
    protected abstract bool IsIdle { get; }

    /// <summary>The last stream that was opened here or taken.</summary>
    protected abstract uint LastStream { get; }

    /// <summary>A window for content that arrives; it grows with this connection's round trip.</summary>
    public ReceiveWindow NewWindow(ByteBudget? budget) => new(_roundTrip, budget);

    /// <summary>Counts content that has left our hands. Under the lock of the stream's exchange; what it returns is to be sent without.</summary>
    public CreditDue Consumed(ReceiveWindow window, long bytes)
    {
        lock (_roundTripGate)
        {
            var now = Time.GetTimestamp();
            var credit = window.Consumed(bytes, now);
            return _roundTrip.TryBegin(now, out var opaque) ? new CreditDue(credit, opaque) : new CreditDue(credit, null);
        }
    }

    /// <summary>Gives credit, and measures the round trip, as far as they are due.</summary>
    public void Send(uint stream, CreditDue due)
    {
        if (due.Bytes > 0)
        {
            Sender.Send((stream, due.Bytes), static (state, output) => CreditFrame.Write(output, state.stream, state.Bytes));
        }

        if (due.Ping is { } opaque)
        {
            Sender.Send(opaque, static (opaque, output) => PingFrame.Write(output, FrameType.Ping, opaque));
        }
    }

    /// <summary>A head has come or gone: what follows may come at once. The caller must hold no lock.</summary>
    public void ExpectMore() => _moreExpected?.Invoke();

    /// <summary>Tells the other side that a stream is given up.</summary>
    public void SendReset(uint stream, ErrorCode code) =>
        Sender.Send((stream, code), static (state, output) => ResetFrame.Write(output, state.stream, state.code));

    /// <summary>Tells the other side to open no new stream.</summary>
    protected void SendGoAway(ErrorCode code, string reason) =>
        Sender.Send(new GoAwayFrame(LastStream, code, reason), static (frame, output) => GoAwayFrame.Write(output, frame));

    /// <summary>Takes a frame of a stream.</summary>
    /// <exception cref="ConnectionFaultException">The connection can't go on.</exception>
    protected abstract void OnFrame(in Frame frame);

    /// <summary>All frames that have arrived have been taken: who waits for them can be told.</summary>
    protected abstract void OnBatchEnd();

    /// <summary>The other side opens no new stream, or expects none.</summary>
    protected abstract void OnGoAway(in GoAwayFrame frame);

    /// <summary>The connection is over: nobody may wait for it any more.</summary>
    protected abstract void OnLost();

    /// <summary>Something has come over the present WebSocket, for the first time.</summary>
    protected virtual void OnFirstReceived()
    {
    }

    /// <summary>Reads until the WebSocket ends. Never throws for what a peer or a network does.</summary>
    /// <param name="socket">The WebSocket; disposed afterwards.</param>
    /// <param name="stream">The stream under a client's WebSocket; null: there is none to be used.</param>
    /// <param name="greeting">A text message that goes before everything else; null for none.</param>
    /// <param name="offset">What the other side has received of the link.</param>
    /// <param name="other">What the other side is.</param>
    /// <param name="stopped">What the end by the token is called.</param>
    /// <param name="cancellationToken">Ends the connection, and the link.</param>
    /// <returns>Why it ended, for a person. <see cref="IsOver"/> says whether the link has ended as well.</returns>
    protected async Task<string> RunAsync(
        WebSocket socket, BatchingStream? stream, byte[]? greeting, long offset, string other, string stopped, CancellationToken cancellationToken)
    {
        var attachment = new LinkAttachment(socket, greeting, stream);
        if (!TryEnter(attachment, offset))
        {
            socket.Dispose();
            attachment.Dispose();
            return "the link is over, or has another connection";
        }

        var isOver = true;
        try
        {
            await ReadAsync(socket, cancellationToken).ConfigureAwait(false);

            // A proxy in between may close what neither end has.
            isOver = Farewell is not null || _isClosing || socket.CloseStatus is WebSocketCloseStatus.NormalClosure || !Sender.Keeps;
            return (Farewell ?? socket.CloseStatusDescription) is { Length: > 0 } words ? ToLine(words) : $"closed by the {other} ({(int?)socket.CloseStatus ?? 1005})";
        }
        catch (ConnectionFaultException fault)
        {
            OnLost();
            SendGoAway(fault.Code, fault.Message);
            await ClosingHandshake.RefuseAsync(socket, Sender, Time, fault.CloseStatus, fault.Code.ToString()).ConfigureAwait(false);
            return fault.Message;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return stopped;
        }
        catch (Exception fault) when (ConnectionEnd.IsExpected(fault))
        {
            isOver = !Sender.Keeps || Sender.IsOver || _isClosing;
            return _breakReason ?? ConnectionEnd.Describe(Sender.Fault ?? fault);
        }
        finally
        {
            await LeaveAsync(attachment, isOver).ConfigureAwait(false);
        }
    }

    /// <summary>Sends a close frame after everything else, and waits for the end.</summary>
    protected async Task CloseAsync(WebSocketCloseStatus status, string reason, CancellationToken cancellationToken)
    {
        _isClosing = true;
        if (TryEndDetached())
        {
            return;
        }

        Sender.Close(status, reason);
        try
        {
            await _over.Task.WaitAsync(ClosingHandshake.Timeout, Time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            Break("the other side didn't close");
        }
    }

    /// <summary>A frame that has no use. A few are nobody's fault; a flood of them is an attack.</summary>
    /// <exception cref="ConnectionFaultException">It is a flood.</exception>
    protected void CountUseless()
    {
        if (++_useless < MostUseless)
        {
            return;
        }

        var now = Time.GetTimestamp();
        var flood = _uselessSince != 0 && Time.GetElapsedTime(_uselessSince, now) < UselessPeriod;
        _useless = 0;
        _uselessSince = now;
        if (flood)
        {
            throw new ConnectionFaultException(ErrorCode.ProtocolError, $"{MostUseless} frames without a use came within {UselessPeriod.TotalSeconds:0} s.");
        }
    }

    protected void DisposeTransport()
    {
        _isClosing = true;
        if (!TryEndDetached(alsoIdle: true))
        {
            Break("disposed");
        }
    }

    private async Task ReadAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        _uselessSince = Time.GetTimestamp();
        var isThere = false;
        while (true)
        {
            // Waits without a buffer: most tunnels are idle most of the time.
            var waits = !isThere && IsIdle && _buffer.Length == 0;
            isThere = waits;
            if (waits)
            {
                _buffer.Release();
                _read = LeastRead;
            }

            var memory = waits ? default : _buffer.GetMemory(Math.Max(_needed, _read));
            var received = await socket.ReceiveAsync(memory, cancellationToken).ConfigureAwait(false);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            if (received.MessageType == WebSocketMessageType.Text)
            {
                throw new ConnectionFaultException(
                    ErrorCode.ProtocolError, "A text message came where only binary ones may.", WebSocketCloseStatus.InvalidMessageType);
            }

            if (!waits && received.Count == memory.Length)
            {
                _read = Math.Min(_read * 2, MostRead);
            }

            _buffer.Advance(received.Count);
            Take();
            CountReceived(received.Count);
            if (received.EndOfMessage && (_buffer.Length > 0 || !_parser.IsAtEnd))
            {
                throw new ConnectionFaultException(ErrorCode.ProtocolError, "A message ended within a frame.");
            }
        }
    }

    private void Take()
    {
        var input = _buffer.Written.Span;
        try
        {
            while (_parser.TryRead(ref input, out var frame))
            {
                Dispatch(frame);
            }
        }
        finally
        {
            OnBatchEnd();
        }

        _needed = input.IsEmpty ? 0 : FrameParser.Needed(input) - input.Length;
        _buffer.Consume(_buffer.Length - input.Length);
    }

    // The other side's words go into a log, and to a terminal: they must not be more than words there.
    private static string ToLine(string words) => string.Create(words.Length, words, static (line, words) =>
    {
        for (var i = 0; i < line.Length; i++)
        {
            line[i] = char.IsControl(words[i]) ? ' ' : words[i];
        }
    });

    private void Dispatch(in Frame frame)
    {
        switch (frame.Type)
        {
            case FrameType.Ping:
                TakePing(PingFrame.Read(frame.Payload));
                break;
            case FrameType.Pong:
                TakePong(PingFrame.Read(frame.Payload));
                break;
            case FrameType.Ack:
                TakeAck(AckFrame.Read(frame.Payload));
                break;
            case FrameType.GoAway:
                var goAway = GoAwayFrame.Read(frame.Payload);
                Farewell = goAway.Reason.Length > 0 ? goAway.Reason : goAway.Code.ToString();
                OnGoAway(goAway);
                break;
            default:
                OnFrame(frame);
                break;
        }
    }

    private void TakePing(ulong opaque)
    {
        // Who doesn't take the answers must not have us keep ever more of them.
        _pingsWithoutRoom = Sender.HasRoom ? 0 : _pingsWithoutRoom + 1;
        if (_pingsWithoutRoom > MostPingsWithoutRoom)
        {
            throw new ConnectionFaultException(ErrorCode.ProtocolError, $"{MostPingsWithoutRoom} Ping frames came, and no answer was taken.");
        }

        Sender.Send(opaque, static (opaque, output) => PingFrame.Write(output, FrameType.Pong, opaque));
    }

    private void TakePong(ulong opaque)
    {
        bool isAwaited;
        lock (_roundTripGate)
        {
            isAwaited = _roundTrip.TryEnd(opaque, Time.GetTimestamp());
        }

        if (!isAwaited)
        {
            CountUseless();
        }
    }
}
