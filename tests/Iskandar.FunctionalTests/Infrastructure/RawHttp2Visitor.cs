using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>A visitor who speaks HTTP/2 in clear, frame by frame (RFC 9113), for what no library would send.</summary>
public sealed class RawHttp2Visitor : IAsyncDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Reset = 3;
    public const byte Settings = 4;
    public const byte WindowUpdate = 8;

    private const byte EndStream = 1;
    private const byte EndHeaders = 4;
    private const byte Ack = 1;
    private const int FrameHeader = 9;

    private readonly NetworkStream _stream;

    private RawHttp2Visitor(NetworkStream stream) => _stream = stream;

    public static async Task<RawHttp2Visitor> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, Bounded.Token());
        var visitor = new RawHttp2Visitor(new NetworkStream(socket, ownsSocket: true));
        await visitor._stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), Bounded.Token());
        await visitor.SendAsync(Settings, 0, 0, []);
        return visitor;
    }

    /// <summary>Sends a field section, each line as a literal that isn't indexed (RFC 7541 section 6.2.2).</summary>
    public Task SendHeadersAsync(int stream, bool endStream, params (string Name, string Value)[] fields)
    {
        var block = new List<byte>();
        foreach (var (name, value) in fields)
        {
            block.Add(0);
            AddString(name);
            AddString(value);
        }

        return SendAsync(Headers, (byte)(EndHeaders | (endStream ? EndStream : 0)), stream, [.. block]);

        void AddString(string text)
        {
            block.Add(checked((byte)text.Length));
            block.AddRange(Encoding.Latin1.GetBytes(text));
        }
    }

    public Task SendDataAsync(int stream, string text, bool endStream) => SendAsync(Data, endStream ? EndStream : (byte)0, stream, Encoding.Latin1.GetBytes(text));

    /// <summary>Gives a stream up, with CANCEL.</summary>
    public Task ResetAsync(int stream) => SendAsync(Reset, 0, stream, [0, 0, 0, 8]);

    /// <summary>Lets so many bytes more be sent, for a stream or, with 0, for all of them.</summary>
    public Task GiveCreditAsync(int stream, int bytes)
    {
        var payload = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, bytes);
        return SendAsync(WindowUpdate, 0, stream, payload);
    }

    /// <summary>The next frame of a stream: its type, whether it ends the stream, and its payload.</summary>
    public async Task<(byte Type, bool IsEnd, byte[] Payload)> ReadAsync(int stream)
    {
        while (true)
        {
            var header = new byte[FrameHeader];
            await _stream.ReadExactlyAsync(header, Bounded.Token());
            var payload = new byte[(header[0] << 16) | (header[1] << 8) | header[2]];
            await _stream.ReadExactlyAsync(payload, Bounded.Token());
            var (type, flags) = (header[3], header[4]);
            if (type == Settings && flags != Ack)
            {
                await SendAsync(Settings, Ack, 0, []);
            }

            if (BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)) == stream)
            {
                return (type, type is Data or Headers && (flags & EndStream) != 0, payload);
            }
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task SendAsync(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[FrameHeader + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, (payload.Length << 8) | type);
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, FrameHeader);
        await _stream.WriteAsync(frame, Bounded.Token());
    }
}
