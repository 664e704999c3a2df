using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Iskandar.Load;

/// <summary>
/// The client's end of one tunnel, written from docs/protocol.md: as much of WebSocket and iskandar.v1 as requests without content need. A socket and two small
/// buffers, and one send for each receive: it shares its processors with the server that is measured.
/// </summary>
internal sealed class TunnelPeer
{
    private const int MostUnread = 4 * 1024;

    private readonly Socket _socket;
    private readonly byte[] _input = new byte[MostUnread];
    private readonly ArrayBufferWriter<byte> _output = new(512);
    private int _length;

    private TunnelPeer(Socket socket) => _socket = socket;

    /// <summary>The host under which visitors reach it, with the port.</summary>
    public string Host { get; private set; } = "";

    /// <summary>Connects, up to the registration.</summary>
    public static async Task<TunnelPeer> OpenAsync(IPEndPoint server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server);
        var peer = new TunnelPeer(socket);
        var handshake = $"GET /tunnel/connect HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: iskandar.v1\r\n\r\n";
        peer._output.Write(Encoding.ASCII.GetBytes(handshake));
        await peer.SendAsync();
        while (!peer.TakeHandshake() && await peer.ReceiveAsync())
        {
        }

        while (peer.Host.Length == 0)
        {
            peer.TakeMessages();
            if (peer.Host.Length == 0 && !await peer.ReceiveAsync())
            {
                throw new InvalidDataException("The server closed the connection before it sent a registration.");
            }
        }

        return peer;
    }

    /// <summary>Answers requests until the connection ends.</summary>
    public async Task ServeAsync()
    {
        do
        {
            TakeMessages();
            await SendAsync();
        }
        while (await ReceiveAsync());
    }

    private async ValueTask<bool> ReceiveAsync()
    {
        var received = await _socket.ReceiveAsync(_input.AsMemory(_length));
        _length += received;
        return received > 0;
    }

    private async ValueTask SendAsync()
    {
        if (_output.WrittenCount > 0)
        {
            await _socket.SendAsync(_output.WrittenMemory);
            _output.ResetWrittenCount();
        }
    }

    private bool TakeHandshake()
    {
        var end = _input.AsSpan(0, _length).IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        var head = Encoding.ASCII.GetString(_input, 0, end);
        if (!head.StartsWith("HTTP/1.1 101", StringComparison.Ordinal) || !head.Contains("iskandar.v1", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"The opening handshake was refused: {head}");
        }

        Consume(end + 4);
        return true;
    }

    // RFC 6455 section 5.2. A server doesn't mask.
    private void TakeMessages()
    {
        var input = _input.AsSpan(0, _length);
        while (input.Length >= 2)
        {
            var (header, length) = input[1] < 126 ? (2, input[1]) : (4, input.Length < 4 ? MostUnread : BinaryPrimitives.ReadUInt16BigEndian(input[2..]));
            if (input[1] > 126 || header + length > MostUnread)
            {
                throw new InvalidDataException("A message came that is longer than this program needs.");
            }

            if (input.Length < header + length)
            {
                break;
            }

            Take(input[0], input.Slice(header, length));
            input = input[(header + length)..];
        }

        Consume(_length - input.Length);
    }

    private void Take(byte opcode, ReadOnlySpan<byte> payload)
    {
        switch (opcode)
        {
            case 0x81:
                var reader = new Utf8JsonReader(payload);
                Host = new Uri(JsonElement.ParseValue(ref reader).GetProperty("url").GetString()!).Authority;
                break;
            case 0x82:
                TakeFrames(payload);
                break;
            case 0x89:
                _output.Write<byte>([0x8A, (byte)(0x80 | payload.Length), 0, 0, 0, 0]);
                _output.Write(payload);
                break;
            default:
                throw new InvalidDataException($"A WebSocket frame came that begins with {opcode:x2}.");
        }
    }

    private void TakeFrames(ReadOnlySpan<byte> frames)
    {
        const int HeaderSize = 9;
        while (!frames.IsEmpty)
        {
            var lengthAndType = BinaryPrimitives.ReadUInt32BigEndian(frames);
            var end = HeaderSize + (int)(lengthAndType >> 8);
            switch (lengthAndType & 0xFF)
            {
                case 0x01:
                    Answer.Write(_output, BinaryPrimitives.ReadUInt32BigEndian(frames[5..]));
                    break;
                case 0x06:
                    _output.Write<byte>([0x82, 0x80 | (HeaderSize + 8), 0, 0, 0, 0, 0, 0, 8, 0x07, 0, 0, 0, 0, 0]);
                    _output.Write(frames[HeaderSize..end]);
                    break;
            }

            frames = frames[end..];
        }
    }

    private void Consume(int count)
    {
        _input.AsSpan(count, _length - count).CopyTo(_input);
        _length -= count;
    }
}
