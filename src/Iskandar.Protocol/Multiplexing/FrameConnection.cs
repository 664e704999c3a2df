using System.Net.WebSockets;
using Iskandar.Protocol.FlowControl;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Transports;

namespace Iskandar.Protocol.Multiplexing;

/// <summary>
/// What both ends of a connection that speaks the binary encoding have in common: one read loop that never waits for a stream, one writer
/// (<see cref="MessageSender"/>), the frames of the connection itself, and one way to end.
/// </summary>
internal abstract class FrameConnection
{
    private const int LeastRead = 16 * 1024;
    private const int MostRead = 128 * 1024;

    // What a correct peer can have on its way for streams that are over is far less.
    private const int MostUseless = 10_000;
    private const int MostPingsWithoutRoom = 1_000;
    private static readonly TimeSpan UselessPeriod = TimeSpan.FromSeconds(1);

    private readonly WebSocket _socket;
    private readonly PooledBuffer _buffer = new();
    private readonly Lock _roundTripGate = new();
    private readonly RoundTrip _roundTrip;
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FrameParser _parser;
    private int _read = LeastRead;
    private int _needed;
    private int _pingsWithoutRoom;
    private int _useless;
    private long _uselessSince;

    protected FrameConnection(WebSocket socket, TimeProvider time, int maxFields, bool greets)
    {
        _socket = socket;
        _roundTrip = new RoundTrip(time);
        Time = time;
        Sender = new MessageSender(socket, time, wholeBatches: true, greets: greets);
        Fields = new FieldLineReader(maxFields);
    }

    public MessageSender Sender { get; }

    public TimeProvider Time { get; }

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
    public ReceiveWindow NewWindow(Connections.ByteBudget? budget) => new(_roundTrip, budget);

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

    /// <summary>Reads until the connection ends. Never throws for what a peer or a network does.</summary>
    /// <returns>Why it ended, for a person.</returns>
    protected async Task<string> RunAsync(string closed, string stopped, CancellationToken cancellationToken)
    {
        try
        {
            await ReadAsync(cancellationToken).ConfigureAwait(false);
            return (Farewell ?? _socket.CloseStatusDescription) is { Length: > 0 } words ? ToLine(words) : $"{closed} ({(int?)_socket.CloseStatus ?? 1005})";
        }
        catch (ConnectionFaultException fault)
        {
            OnLost();
            SendGoAway(fault.Code, fault.Message);
            await ClosingHandshake.RefuseAsync(_socket, Sender, Time, fault.CloseStatus, fault.Code.ToString()).ConfigureAwait(false);
            return fault.Message;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return stopped;
        }
        catch (Exception fault) when (ConnectionEnd.IsExpected(fault))
        {
            return ConnectionEnd.Describe(Sender.Fault ?? fault);
        }
        finally
        {
            OnLost();
            await ClosingHandshake.FinishAsync(_socket, Sender, Time).ConfigureAwait(false);
            _over.TrySetResult();
        }
    }

    /// <summary>Sends a close frame after everything else, and waits for the end.</summary>
    protected async Task CloseAsync(WebSocketCloseStatus status, string reason, CancellationToken cancellationToken)
    {
        Sender.Close(status, reason);
        try
        {
            await _over.Task.WaitAsync(ClosingHandshake.Timeout, Time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            _socket.Abort();
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
        Sender.Dispose();
        _socket.Dispose();
        _buffer.Release();
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
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
            var received = await _socket.ReceiveAsync(memory, cancellationToken).ConfigureAwait(false);
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
