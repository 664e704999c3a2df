namespace Iskandar.Protocol.Frames;

/// <summary>What a frame is (docs/protocol.md, "The binary encoding").</summary>
internal enum FrameType : byte
{
    /// <summary>A piece of content, or of an upgraded connection.</summary>
    Data = 0x00,

    /// <summary>The head of a request; opens a stream.</summary>
    Request = 0x01,

    /// <summary>The head of a response, final or informational.</summary>
    Response = 0x02,

    /// <summary>A trailer section; ends its direction.</summary>
    Trailers = 0x03,

    /// <summary>Flow control: so many more bytes of content may come.</summary>
    Credit = 0x04,

    /// <summary>The stream is given up.</summary>
    Reset = 0x05,

    /// <summary>To be answered at once.</summary>
    Ping = 0x06,

    /// <summary>The answer to a ping.</summary>
    Pong = 0x07,

    /// <summary>So many bytes have been received.</summary>
    Ack = 0x08,

    /// <summary>No new stream on this connection.</summary>
    GoAway = 0x09,
}
