using System.Buffers;
using System.Text;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>The bytes of frames, for a peer that is written by hand.</summary>
internal static class FrameBytes
{
    public static byte[] Request(uint stream, bool end = true, string method = "GET", string target = "/", bool upgrade = false, params (string Name, string Value)[] fields)
    {
        var head = new RequestHead { Method = method, Target = target };
        Add(head.Fields, fields);
        var flags = (end ? FrameFlags.End : FrameFlags.None) | (upgrade ? FrameFlags.Upgrade : FrameFlags.None);
        return Written(output => RequestFrame.Write(output, stream, head, flags));
    }

    public static byte[] Response(uint stream, int status = 200, bool end = false, params (string Name, string Value)[] fields)
    {
        var head = new ResponseHead { Status = status };
        Add(head.Fields, fields);
        return Written(output => ResponseFrame.Write(output, stream, head, end));
    }

    public static byte[] Data(uint stream, string content, bool end = false) => Data(stream, Encoding.UTF8.GetBytes(content), end);

    public static byte[] Data(uint stream, byte[] content, bool end = false) => Written(output => DataFrame.Write(output, stream, content, end));

    public static byte[] Trailers(uint stream, params (string Name, string Value)[] fields)
    {
        var section = new FieldSection();
        Add(section, fields);
        return Written(output => TrailersFrame.Write(output, stream, section));
    }

    public static byte[] Credit(uint stream, uint bytes) =>
        Raw(FrameType.Credit, 0, stream, (byte)(bytes >> 24), (byte)(bytes >> 16), (byte)(bytes >> 8), (byte)bytes);

    public static byte[] Reset(uint stream, ErrorCode code) => Written(output => ResetFrame.Write(output, stream, code));

    public static byte[] Ping(ulong opaque) => Written(output => PingFrame.Write(output, FrameType.Ping, opaque));

    public static byte[] Pong(ulong opaque) => Written(output => PingFrame.Write(output, FrameType.Pong, opaque));

    public static byte[] GoAway(uint last, ErrorCode code, string reason = "") =>
        Written(output => GoAwayFrame.Write(output, new GoAwayFrame(last, code, reason)));

    /// <summary>A frame as no codec of ours would write it.</summary>
    public static byte[] Raw(FrameType type, byte flags, uint stream, params byte[] payload) => Claim(payload.Length, (byte)type, flags, stream, payload);

    /// <summary>A header that says what it likes about the payload.</summary>
    public static byte[] Claim(int length, byte type, byte flags, uint stream, params byte[] payload)
    {
        var bytes = new byte[FrameHeader.Size + payload.Length];
        new FrameHeader(length, (FrameType)type, (FrameFlags)flags, stream).Write(bytes);
        payload.CopyTo(bytes, FrameHeader.Size);
        return bytes;
    }

    private static void Add(FieldSection section, (string Name, string Value)[] fields)
    {
        foreach (var (name, value) in fields)
        {
            section.Add(name, value);
        }
    }

    private static byte[] Written(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return output.WrittenSpan.ToArray();
    }
}
