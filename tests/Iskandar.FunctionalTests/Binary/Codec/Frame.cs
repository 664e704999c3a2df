using System.Buffers.Binary;
using System.Text;

namespace Iskandar.FunctionalTests.Binary.Codec;

/// <summary>A frame, with its payload as it is on the wire.</summary>
public sealed record Frame(FrameType Type, byte Flags, uint Stream, byte[] Payload)
{
    public const int HeaderLength = 9;
    public const byte EndFlag = 0x01;
    public const byte UpgradeFlag = 0x02;

    /// <summary>Whether the flag END is set on a type that defines it.</summary>
    public bool IsEnd => (Flags & EndFlag) != 0 && Type is FrameType.Data or FrameType.Request or FrameType.Response;

    public static Frame Request(
        uint stream, string method, string target, bool end = true, bool upgrade = false, params (string Name, string Value)[] fields) =>
        new(
            FrameType.Request,
            (byte)((end ? EndFlag : 0) | (upgrade ? UpgradeFlag : 0)),
            stream,
            new RequestHead(method, target, new FieldSection(fields)).ToBytes());

    public static Frame Response(uint stream, int status, bool end = false, params (string Name, string Value)[] fields) =>
        new(FrameType.Response, end ? EndFlag : (byte)0, stream, new ResponseHead(status, new FieldSection(fields)).ToBytes());

    public static Frame Data(uint stream, byte[] content, bool end = false) =>
        new(FrameType.Data, end ? EndFlag : (byte)0, stream, content);

    public static Frame Data(uint stream, string text, bool end = false) => Data(stream, Encoding.UTF8.GetBytes(text), end);

    public static Frame Trailers(uint stream, params (string Name, string Value)[] fields) =>
        new(FrameType.Trailers, 0, stream, new FieldSection(fields).ToBytes());

    public static Frame Credit(uint stream, uint bytes)
    {
        var payload = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(payload, bytes);
        return new Frame(FrameType.Credit, 0, stream, payload);
    }

    public static Frame Reset(uint stream, ErrorCode code) => new(FrameType.Reset, 0, stream, [(byte)((int)code >> 8), (byte)code]);

    public static Frame Ping(byte[] payload) => new(FrameType.Ping, 0, 0, payload);

    public static Frame Pong(byte[] payload) => new(FrameType.Pong, 0, 0, payload);

    public static Frame GoAway(uint lastStream, ErrorCode code, string reason = "") =>
        new(FrameType.GoAway, 0, 0, new Codec.GoAway(lastStream, code, reason).ToBytes());

    /// <summary>The header of a frame that says of its payload what it likes.</summary>
    public static byte[] Header(int length, int type, byte flags, uint stream)
    {
        var header = new byte[HeaderLength];
        BinaryPrimitives.WriteInt32BigEndian(header, (length << 8) | type);
        header[4] = flags;
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(5), stream);
        return header;
    }

    public byte[] ToBytes() => [.. Header(Payload.Length, (int)Type, Flags, Stream), .. Payload];

    /// <summary>Several frames as one message.</summary>
    public static byte[] ToBytes(IReadOnlyCollection<Frame> frames)
    {
        var message = new MemoryStream(frames.Sum(static frame => HeaderLength + frame.Payload.Length));
        foreach (var frame in frames)
        {
            message.Write(Header(frame.Payload.Length, (int)frame.Type, frame.Flags, frame.Stream));
            message.Write(frame.Payload);
        }

        return message.ToArray();
    }

    /// <summary>The frames of a message.</summary>
    public static IReadOnlyList<Frame> Parse(ReadOnlySpan<byte> message)
    {
        var frames = new List<Frame>();
        while (message.Length > 0)
        {
            if (message.Length < HeaderLength)
            {
                throw new ProtocolViolationException("A message ends within a frame's header.");
            }

            var length = BinaryPrimitives.ReadInt32BigEndian(message) >>> 8;
            var type = (FrameType)message[3];
            CheckLength(type, length);
            if (message.Length < HeaderLength + length)
            {
                throw new ProtocolViolationException("A message ends within a frame's payload.");
            }

            var payload = message.Slice(HeaderLength, length).ToArray();
            frames.Add(new Frame(type, message[4], BinaryPrimitives.ReadUInt32BigEndian(message[5..]), payload));
            message = message[(HeaderLength + length)..];
        }

        return frames;
    }

    private static void CheckLength(FrameType type, int length)
    {
        var (least, most) = type switch
        {
            FrameType.Data => (0, Numbers.LongestData),
            FrameType.Request or FrameType.Response or FrameType.Trailers => (0, Numbers.LongestHead),
            FrameType.Credit => (4, 4),
            FrameType.Reset => (2, 2),
            FrameType.Ping or FrameType.Pong => (8, 8),
            FrameType.GoAway => (6, 1024),
            _ => throw new ProtocolViolationException($"The type {type:d} is none."),
        };
        if (length < least || length > most)
        {
            throw new ProtocolViolationException($"{type} with {length} bytes of payload.");
        }
    }
}
