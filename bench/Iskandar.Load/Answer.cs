using System.Buffers;
using System.Buffers.Binary;

namespace Iskandar.Load;

/// <summary>The one response of all tunnels: seven fields and 128 bytes, as one WebSocket message that is made once.</summary>
internal static class Answer
{
    private const int FrameHeader = 9;

    // Of the WebSocket frame: two bytes of length, and a mask of zeros, which leaves the payload as it is.
    private const int MessageHeader = 8;

    /// <summary>The content. Before what is made of it.</summary>
    public static byte[] Content { get; } = [.. Enumerable.Range(0, 128).Select(static i => (byte)('a' + (i % 26)))];

    private static readonly byte[] Message = Create(out DataStart);

    private static readonly int DataStart;

    /// <summary>Writes the message for a stream.</summary>
    public static void Write(IBufferWriter<byte> output, uint stream)
    {
        var message = output.GetSpan(Message.Length);
        Message.CopyTo(message);
        BinaryPrimitives.WriteUInt32BigEndian(message[(MessageHeader + 5)..], stream);
        BinaryPrimitives.WriteUInt32BigEndian(message[(DataStart + 5)..], stream);
        output.Advance(Message.Length);
    }

    private static byte[] Create(out int dataStart)
    {
        var head = new List<byte> { 0x00, 0xC8 };
        AddField(head, 0x17, "128");
        AddField(head, 0x1B, "text/plain; charset=utf-8");
        AddField(head, 0x1D, "Sat, 01 Aug 2026 12:00:00 GMT");
        AddField(head, 0x3B, "origin");
        AddField(head, 0x1E, "\"68ab2c41-80\"");
        AddField(head, 0x12, "no-cache");
        AddField(head, 0x05, "bytes");
        byte[] response = [.. Header(head.Count, 0x02, 0x00), .. head];
        byte[] data = [.. Header(Content.Length, 0x00, 0x01), .. Content];
        var length = response.Length + data.Length;
        dataStart = MessageHeader + response.Length;
        return [0x82, 0x80 | 126, (byte)(length >> 8), (byte)length, 0, 0, 0, 0, .. response, .. data];
    }

    private static void AddField(List<byte> head, byte name, string value)
    {
        head.Add(name);
        head.Add((byte)value.Length);
        head.AddRange(value.Select(static character => (byte)character));
    }

    private static byte[] Header(int length, byte type, byte flags)
    {
        var header = new byte[FrameHeader];
        BinaryPrimitives.WriteUInt32BigEndian(header, ((uint)length << 8) | type);
        header[4] = flags;
        return header;
    }
}
