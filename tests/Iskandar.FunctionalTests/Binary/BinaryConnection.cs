using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Threading.Channels;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary;

/// <summary>
/// A tunnel connection in the binary encoding, either side, written from docs/protocol.md alone. It takes nothing from its peer
/// that the document doesn't allow: then it ends, and whatever waits fails with the reason.
/// </summary>
public sealed class BinaryConnection(FrameSocket socket, bool isClient)
{
    private readonly ConcurrentDictionary<uint, BinaryStream> _streams = new();
    private readonly Channel<BinaryStream> _opened = Channel.CreateUnbounded<BinaryStream>();
    private readonly Channel<byte[]> _pongs = Channel.CreateUnbounded<byte[]>();
    private readonly TaskCompletionSource<GoAway> _goAway = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private uint _last;

    /// <summary>Whether this side plays the client.</summary>
    public bool IsClient { get; } = isClient;

    /// <summary>Completes when the peer has ended the connection.</summary>
    public Task Ended => _ended.Task;

    public WebSocketCloseStatus? CloseStatus => socket.WebSocket.CloseStatus;

    /// <summary>What the peer did that the document doesn't allow.</summary>
    public ProtocolViolationException? Violation { get; private set; }

    /// <summary>The peer's GOAWAY.</summary>
    public Task<GoAway> GoAwayAsync(double seconds = 30) => _goAway.Task.WithinAsync("GOAWAY", seconds);

    /// <summary>Whether the peer has sent GOAWAY.</summary>
    public bool IsGoneAway => _goAway.Task.IsCompleted;

    /// <summary>Sends frames in one message.</summary>
    public Task SendAsync(params Frame[] frames) => SendBytesAsync(Frame.ToBytes(frames));

    /// <summary>Sends a message, whatever is in it.</summary>
    public Task SendBytesAsync(
        ReadOnlyMemory<byte> message, WebSocketMessageType type = WebSocketMessageType.Binary, bool isWhole = true) =>
        socket.SendAsync(message, type, isWhole);

    /// <summary>Sends a message that the peer may answer by ending the connection.</summary>
    public Task<bool> TrySendAsync(IReadOnlyCollection<Frame> frames) => socket.TrySendAsync(Frame.ToBytes(frames));

    /// <summary>As a client: the next exchange that the server opened.</summary>
    public Task<BinaryStream> NextStreamAsync() =>
        _opened.Reader.ReadAsync(CancellationToken.None).AsTask().WithinAsync("a REQUEST");

    /// <summary>As a client: whether the server has opened an exchange that nobody has asked for yet.</summary>
    public bool HasOpened => _opened.Reader.Count > 0;

    /// <summary>As a server: an exchange under the next identifier, or the given one. Its REQUEST is still to be sent.</summary>
    public BinaryStream Register(RequestHead head, bool end = true, bool upgrade = false, uint id = 0)
    {
        id = id == 0 ? Interlocked.Increment(ref _last) : _last = id;
        var stream = new BinaryStream(this, id, head, end, upgrade);
        _streams[id] = stream;
        return stream;
    }

    /// <summary>As a server: opens an exchange.</summary>
    public async Task<BinaryStream> OpenAsync(
        string method, string target, bool end = true, bool upgrade = false, uint id = 0, params (string Name, string Value)[] fields)
    {
        var stream = Register(new RequestHead(method, target, new FieldSection(fields)), end, upgrade, id);
        await SendAsync(Frame.Request(stream.Id, method, target, end, upgrade, fields));
        return stream;
    }

    /// <summary>As a server: a whole exchange without content in its request.</summary>
    public async Task<BinaryResponse> ExchangeAsync(string method, string target, params (string Name, string Value)[] fields) =>
        await (await OpenAsync(method, target, fields: fields)).ReadResponseAsync();

    /// <summary>Waits until the peer has dealt with all that was sent before.</summary>
    public async Task PingAsync()
    {
        var payload = new byte[8];
        Random.Shared.NextBytes(payload);
        await SendAsync(Frame.Ping(payload));
        var answer = await _pongs.Reader.ReadAsync(CancellationToken.None).AsTask().WithinAsync("a PONG");
        Assert.Equal(payload, answer);
    }

    /// <summary>Ends the connection with a close frame, and waits for the peer's.</summary>
    public async Task CloseAsync(WebSocketCloseStatus status = WebSocketCloseStatus.NormalClosure)
    {
        await socket.WebSocket.CloseOutputAsync(status, null, Bounded.Token());
        await Ended.WithinAsync("the peer's close frame");
    }

    /// <summary>Reads to the end of the connection, and never throws.</summary>
    /// <param name="answer">Gets each exchange that the peer opens, before anything else is read.</param>
    /// <param name="token">Ends it from this side.</param>
    public async Task RunAsync(Func<BinaryStream, Task>? answer, CancellationToken token)
    {
        Exception reason = new InvalidOperationException("The peer ended the tunnel connection.");
        try
        {
            while (await socket.ReceiveAsync(WebSocketMessageType.Binary, token) is { } message)
            {
                foreach (var frame in Frame.Parse(message))
                {
                    await TakeAsync(frame, answer);
                }
            }
        }
        catch (ProtocolViolationException violation)
        {
            reason = Violation = violation;
            socket.WebSocket.Abort();
        }

        await socket.AnswerCloseAsync(CancellationToken.None);
        foreach (var stream in _streams.Values)
        {
            stream.ConnectionEnded(reason);
        }

        _opened.Writer.TryComplete(reason);
        _pongs.Writer.TryComplete(reason);
        if (_goAway.TrySetException(reason))
        {
            // Not every test waits for it.
            _ = _goAway.Task.Exception;
        }

        _ended.TrySetResult();
    }

    private async Task TakeAsync(Frame frame, Func<BinaryStream, Task>? answer)
    {
        CheckPlace(frame);
        switch (frame.Type)
        {
            case FrameType.Ping:
                await socket.TrySendAsync(Frame.Pong(frame.Payload).ToBytes());
                break;
            case FrameType.Pong:
                _pongs.Writer.TryWrite(frame.Payload);
                break;
            case FrameType.GoAway:
                _goAway.TrySetResult(GoAway.Parse(frame.Payload));
                break;
            case FrameType.Request:
                var stream = Opened(frame);
                if (answer is null)
                {
                    _opened.Writer.TryWrite(stream);
                }
                else
                {
                    await answer(stream);
                }

                break;
            default:
                var known = _streams.GetValueOrDefault(frame.Stream)
                    ?? throw new ProtocolViolationException($"{frame.Type} on stream {frame.Stream}, which was never opened.");
                known.Take(frame);
                break;
        }
    }

    private BinaryStream Opened(Frame frame)
    {
        // Serial number arithmetic: higher is what is less than half the way round ahead.
        if (unchecked((int)(frame.Stream - _last)) <= 0)
        {
            throw new ProtocolViolationException($"REQUEST on stream {frame.Stream} after stream {_last}.");
        }

        _last = frame.Stream;
        var isUpgrade = (frame.Flags & Frame.UpgradeFlag) != 0;
        var stream = new BinaryStream(this, frame.Stream, RequestHead.Parse(frame.Payload), frame.IsEnd, isUpgrade);
        stream.Peer.StartedByPeer(frame.IsEnd);
        _streams[frame.Stream] = stream;
        return stream;
    }

    private void CheckPlace(Frame frame)
    {
        var isForConnection = frame.Type is FrameType.Ping or FrameType.Pong or FrameType.GoAway;
        if (isForConnection != (frame.Stream == 0))
        {
            throw new ProtocolViolationException($"{frame.Type} on stream {frame.Stream}.");
        }

        if (frame.Type == (IsClient ? FrameType.Response : FrameType.Request))
        {
            throw new ProtocolViolationException($"{frame.Type} from the wrong side.");
        }

        var flags = frame.Type switch
        {
            FrameType.Request => Frame.EndFlag | Frame.UpgradeFlag,
            FrameType.Data or FrameType.Response => Frame.EndFlag,
            _ => 0,
        };
        if ((frame.Flags & ~flags) != 0)
        {
            throw new ProtocolViolationException($"{frame.Type} with the flags {frame.Flags:x2}.");
        }
    }
}
