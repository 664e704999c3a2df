using System.Net.WebSockets;
using System.Text;
using Iskandar.Protocol.Frames;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>A peer that speaks the binary encoding by hand: it writes frames and reads them, and does nothing by itself.</summary>
internal sealed class FramePeer(WebSocket socket)
{
    /// <summary>Bytes of content that may be sent on a stream before there is credit.</summary>
    public const int Window = 256 * 1024;

    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly Queue<ReceivedFrame> _received = [];
    private readonly List<byte> _unread = [];

    public WebSocket Socket => socket;

    /// <summary>Sends frames as one message.</summary>
    public Task SendAsync(params byte[][] frames) => SendAsync(WebSocketMessageType.Binary, frames.SelectMany(static frame => frame).ToArray());

    public Task SendAsync(WebSocketMessageType type, ReadOnlyMemory<byte> bytes, bool endOfMessage = true) =>
        socket.SendAsync(bytes, type, endOfMessage, Bounded.Token).Within();

    /// <summary>The next frame; PINGs, which come when they are due, are passed over.</summary>
    public async Task<ReceivedFrame> FrameAsync()
    {
        var frame = await AnyFrameAsync();
        while (frame.Type == FrameType.Ping)
        {
            frame = await AnyFrameAsync();
        }

        return frame;
    }

    /// <summary>The next frame, whatever it is.</summary>
    public async Task<ReceivedFrame> AnyFrameAsync()
    {
        ReceivedFrame? frame;
        while (!_received.TryDequeue(out frame))
        {
            var (type, bytes) = await MessageAsync();
            Assert.Equal(WebSocketMessageType.Binary, type);
            Split(bytes);
        }

        return frame;
    }

    /// <summary>The next frame, which must be of this type.</summary>
    public async Task<ReceivedFrame> FrameAsync(FrameType type, uint? stream = null)
    {
        var frame = await FrameAsync();
        Assert.Equal((type, stream ?? frame.Stream), (frame.Type, frame.Stream));
        return frame;
    }

    /// <summary>The next frame of this type; others are passed over.</summary>
    public async Task<ReceivedFrame> NextAsync(FrameType type)
    {
        var frame = await AnyFrameAsync();
        while (frame.Type != type)
        {
            frame = await AnyFrameAsync();
        }

        return frame;
    }

    /// <summary>The next RESET, which must be for this stream and say this.</summary>
    public async Task ResetAsync(uint stream, ErrorCode code)
    {
        var frame = await FrameAsync(FrameType.Reset);
        Assert.Equal((stream, code), (frame.Stream, frame.Code));
    }

    /// <summary>So many bytes of a stream's content, or all until its end.</summary>
    public async Task<byte[]> DataAsync(uint stream, int bytes = int.MaxValue)
    {
        var content = new List<byte>();
        while (content.Count < bytes)
        {
            var frame = await FrameAsync(FrameType.Data, stream);
            content.AddRange(frame.Payload);
            if (frame.IsEnd)
            {
                break;
            }
        }

        return [.. content];
    }

    /// <summary>The first byte of the next message; the rest is read with what comes next.</summary>
    public async Task ByteAsync()
    {
        Assert.Empty(_received);
        var result = await socket.ReceiveAsync(_buffer.AsMemory(0, 1), Bounded.Token).Within();
        Assert.Equal((1, false), (result.Count, result.EndOfMessage));
        _unread.Add(_buffer[0]);
    }

    /// <summary>The next message, which must be text.</summary>
    public async Task<string> TextAsync()
    {
        var (type, bytes) = await MessageAsync();
        Assert.Equal(WebSocketMessageType.Text, type);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>What comes next must be a close frame.</summary>
    public async Task<WebSocketCloseStatus?> CloseFrameAsync()
    {
        Assert.Empty(_received);
        var (type, bytes) = await MessageAsync();
        Assert.True(type == WebSocketMessageType.Close, $"There came {bytes.Length} bytes.");
        return socket.CloseStatus;
    }

    /// <summary>Sends a close frame.</summary>
    public async Task CloseAsync(WebSocketCloseStatus status = WebSocketCloseStatus.NormalClosure, string reason = "")
    {
        var isAnswer = socket.State == WebSocketState.CloseReceived;
        var closing = socket.CloseOutputAsync(status, reason, Bounded.Token);
        if (!isAnswer)
        {
            // An answer is followed by a wait until the server hangs up, which takes real time.
            try
            {
                await closing.Within();
            }
            catch (WebSocketException fault) when (fault.InnerException is IOException)
            {
                // The server may have taken it, and hung up, before the one who sends it knows that it is sent.
            }
        }
    }

    /// <summary>Waits for a close frame, and hangs up.</summary>
    public async Task HangUpAsync()
    {
        while (socket.State is WebSocketState.Open or WebSocketState.CloseSent)
        {
            await socket.ReceiveAsync(_buffer.AsMemory(), Bounded.Token).Within();
        }

        socket.Abort();
    }

    /// <summary>The end of a connection on which this peer broke the rules: GOAWAY, then a close frame, which it answers.</summary>
    public async Task<ErrorCode> FaultAsync(WebSocketCloseStatus expected = WebSocketCloseStatus.ProtocolError)
    {
        var code = (await NextAsync(FrameType.GoAway)).GoAway.Code;
        Assert.Equal(expected, await CloseFrameAsync());
        await CloseAsync(expected);
        return code;
    }

    // A message holds whole frames.
    private void Split(ReadOnlySpan<byte> message)
    {
        while (!message.IsEmpty)
        {
            var header = FrameHeader.Read(message);
            _received.Enqueue(new ReceivedFrame(header, message.Slice(FrameHeader.Size, header.Length).ToArray()));
            message = message[(FrameHeader.Size + header.Length)..];
        }
    }

    private async Task<(WebSocketMessageType Type, byte[] Bytes)> MessageAsync()
    {
        while (true)
        {
            var result = await socket.ReceiveAsync(_buffer.AsMemory(), Bounded.Token).Within();
            _unread.AddRange(_buffer.AsSpan(0, result.Count));
            if (result.EndOfMessage || result.MessageType == WebSocketMessageType.Close)
            {
                byte[] bytes = [.. _unread];
                _unread.Clear();
                return (result.MessageType, bytes);
            }
        }
    }
}
