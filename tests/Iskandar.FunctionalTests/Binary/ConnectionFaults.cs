using Iskandar.FunctionalTests.Binary.Codec;

namespace Iskandar.FunctionalTests.Binary;

/// <summary>Messages that end the connection, whichever side sends them. Stream 1 is an exchange that has been opened.</summary>
public static class ConnectionFaults
{
    /// <summary>A stream that was never opened.</summary>
    public const uint Unknown = 999;

    private static readonly Dictionary<string, Fault> Faults = new()
    {
        // Noticed from the header: the payload never comes, and the message never ends.
        ["DATA over its limit"] = Header(Numbers.LongestData + 1, FrameType.Data),
        ["DATA of the longest length there is"] = Header(0xffffff, FrameType.Data),
        ["TRAILERS over its limit"] = Header(Numbers.LongestHead + 1, FrameType.Trailers),
        ["GOAWAY over its limit"] = Header(1025, FrameType.GoAway, 0),
        ["an unknown type"] = Whole(Frame.Header(0, 0x08, 0, 1)),
        ["an unknown type beside the known ones"] = Whole(Frame.Header(0, 0x0a, 0, 1)),
        ["an unknown type, the highest"] = Whole(Frame.Header(0, 0xff, 0, 0)),
        ["DATA on an unknown stream"] = Whole(Frame.Data(Unknown, "x")),
        ["TRAILERS on an unknown stream"] = Whole(Frame.Trailers(Unknown)),
        ["CREDIT on an unknown stream"] = Whole(Frame.Credit(Unknown, 1)),
        ["RESET on an unknown stream"] = Whole(Frame.Reset(Unknown, ErrorCode.Done)),
        ["DATA on stream 0"] = Whole(Frame.Data(0, "x")),
        ["TRAILERS on stream 0"] = Whole(Frame.Trailers(0)),
        ["CREDIT on stream 0"] = Whole(Frame.Credit(0, 1)),
        ["RESET on stream 0"] = Whole(Frame.Reset(0, ErrorCode.Done)),
        ["PING on stream 1"] = Whole(Frame.Ping(new byte[8]) with { Stream = 1 }),
        ["PONG on stream 1"] = Whole(Frame.Pong(new byte[8]) with { Stream = 1 }),
        ["GOAWAY on stream 1"] = Whole(Frame.GoAway(0, ErrorCode.Done) with { Stream = 1 }),
        ["CREDIT without payload"] = Whole(new Frame(FrameType.Credit, 0, 1, [])),
        ["CREDIT of 3 bytes"] = Whole(new Frame(FrameType.Credit, 0, 1, [0, 0, 1])),
        ["CREDIT of 5 bytes"] = OfWrongLength(FrameType.Credit, 5),
        ["RESET of 1 byte"] = Whole(new Frame(FrameType.Reset, 0, 1, [0])),
        ["RESET of 3 bytes"] = OfWrongLength(FrameType.Reset, 3),
        ["PING of 7 bytes"] = Whole(Frame.Ping(new byte[7])),
        ["PING of 9 bytes"] = OfWrongLength(FrameType.Ping, 9),
        ["PONG without payload"] = Whole(Frame.Pong([])),
        ["PONG of 9 bytes"] = OfWrongLength(FrameType.Pong, 9),
        ["GOAWAY of 5 bytes"] = Whole(new Frame(FrameType.GoAway, 0, 0, new byte[5])),
        ["GOAWAY without payload"] = Whole(new Frame(FrameType.GoAway, 0, 0, [])),
        ["a message that ends within a header"] = Whole([0, 0, 8, 6]),
        ["a message that ends before a payload"] = Whole(Frame.Header(8, (int)FrameType.Ping, 0, 0)),
        ["a message that ends within a payload"] = Whole([.. Frame.Header(8, (int)FrameType.Ping, 0, 0), 1, 2, 3]),
        ["a message that ends within its second frame"] = Whole([.. Frame.Ping(new byte[8]).ToBytes(), 0]),
    };

    public static IEnumerable<string> Names => Faults.Keys;

    public static Fault Of(string name) => Faults[name];

    /// <summary>A whole message of one frame.</summary>
    public static Fault Whole(Frame frame) => Whole(frame.ToBytes());

    public static Fault Whole(byte[] message) => new(message, true, ErrorCode.ProtocolError);

    /// <summary>A header that announces too much, and nothing behind it.</summary>
    public static Fault Header(int length, FrameType type, uint stream = 1) =>
        new(Frame.Header(length, (int)type, 0, stream), false, ErrorCode.FrameTooLong);

    // Longer than the type allows, and of the wrong length: both rows of the document say something about it.
    private static Fault OfWrongLength(FrameType type, int length) => new(
        new Frame(type, 0, type is FrameType.Credit or FrameType.Reset ? 1u : 0, new byte[length]).ToBytes(),
        true,
        ErrorCode.ProtocolError,
        ErrorCode.FrameTooLong);
}

/// <summary>A message that ends the connection.</summary>
/// <param name="Message">Its bytes, or the first of them.</param>
/// <param name="IsWhole">Whether the message ends there.</param>
/// <param name="Codes">What the GOAWAY may say.</param>
public sealed record Fault(byte[] Message, bool IsWhole, params ErrorCode[] Codes);
