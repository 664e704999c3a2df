using System.Globalization;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Multiplexing;

/// <summary>The client's end of one stream.</summary>
internal sealed partial class FrameClientExchange : IClientExchange
{
    private static readonly FieldSection NoTrailers = new();

    private readonly FrameClientConnection _connection;
    private readonly Lock _gate = new();
    private readonly uint _stream;
    private readonly OutboundContent _outbound;
    private readonly InboundContent? _inbound;
    private CancellationTokenSource? _cancellation;
    private Stream? _content;
    private bool _cancelled;
    private bool _headSent;
    private bool _answered;
    private bool _disposed;

    private FrameClientExchange(FrameClientConnection connection, in Frame frame, RequestHead head, long? length)
    {
        _connection = connection;
        _stream = frame.Stream;
        _outbound = new OutboundContent(_gate, connection.Sender, connection.Scheduler);
        Request = head;
        ContentLength = length;
        IsUpgrade = (frame.Flags & FrameFlags.Upgrade) != 0;
        if (!frame.IsEnd)
        {
            _inbound = new InboundContent(connection.NewWindow(connection.Budget), connection.Budget, connection.Scheduler) { Declared = length };
        }
    }

    public RequestHead Request { get; }

    public long? ContentLength { get; }

    public bool IsUpgrade { get; }

    public FieldSection RequestTrailers => _inbound?.Trailers ?? NoTrailers;

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

    /// <summary>Whether the request was given up before its content had ended.</summary>
    public bool IsBroken => Volatile.Read(ref _cancelled) && _inbound is { IsEnded: false };

    /// <summary>Makes an exchange of a valid head.</summary>
    /// <returns>Null when the head contradicts itself.</returns>
    public static FrameClientExchange? TryCreate(FrameClientConnection connection, in Frame frame, RequestHead head)
    {
        long? length = null;
        foreach (ref readonly var line in head.Fields.Lines)
        {
            if (!line.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (!long.TryParse(line.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var declared) || (length ?? declared) != declared)
            {
                return null;
            }

            length = declared;
        }

        if (frame.IsEnd)
        {
            return length is null or 0 ? new FrameClientExchange(connection, frame, head, 0) : null;
        }

        return new FrameClientExchange(connection, frame, head, length);
    }

    public Stream OpenContent() => _content ??= _inbound is null ? Stream.Null : new InboundStream(this, _inbound);

    public void Fail(ExchangeError error)
    {
        lock (_gate)
        {
            if (_cancelled || _outbound.IsOver)
            {
                return;
            }

            // Over on both sides: whatever still comes is for nobody.
            _cancelled = true;
            _outbound.Stop();
            _inbound?.Complete();
        }

        _connection.SendReset(_stream, error.ToErrorCode() is var code && code != ErrorCode.Done ? code : ErrorCode.OriginFailed);
    }

    public void Dispose()
    {
        Fail(ExchangeError.OriginFailed);
        bool endsEarly;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            endsEarly = !_cancelled && _inbound is { IsEnded: false };
            _cancelled = true;
            _cancellation?.Dispose();
            _cancellation = null;
        }

        if (endsEarly)
        {
            _connection.SendReset(_stream, ErrorCode.Done);
        }

        // Whoever still reads must not see what comes into the pool's memory next.
        _content?.Dispose();
        lock (_gate)
        {
            _inbound?.Close();
        }

        BeAnswered();
        _connection.Remove(_stream);
    }

    /// <summary>Nobody waits for the response any more.</summary>
    public void OnCancelled()
    {
        CancellationTokenSource? cancellation;
        lock (_gate)
        {
            if (_cancelled)
            {
                return;
            }

            _cancelled = true;
            _outbound.Stop();
            _inbound?.Complete();
            cancellation = _cancellation;
        }

        // Not on the read loop: what hangs on the token is the app's, and may take its time.
        if (cancellation is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static state => state.Exchange.Fire(state.Cancellation), (Exchange: this, Cancellation: cancellation), preferLocal: false);
        }
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
            _connection.OnCallbackFault(fault);
        }
    }
}
