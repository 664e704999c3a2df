namespace Iskandar.Protocol.Frames;

/// <summary>The bounds that docs/protocol.md sets for every peer.</summary>
internal static class FrameLimits
{
    /// <summary>Bytes of content in a DATA frame.</summary>
    public const int Data = 64 * 1024;

    /// <summary>Bytes of a head or a trailer section.</summary>
    public const int Head = 128 * 1024;

    /// <summary>Bytes of a GOAWAY.</summary>
    public const int GoAway = 1024;

    /// <summary>Bytes of field lines that a server takes if it doesn't say otherwise.</summary>
    public const int DefaultFields = 64 * 1024;

    /// <summary>The most bytes of field lines that surely fit into a head, with what is around them.</summary>
    public const int MostFields = 96 * 1024;

    /// <summary>Field lines in a section.</summary>
    public const int Lines = 1_000;

    /// <summary>The window that each direction of each stream begins with, in bytes.</summary>
    public const int Window = 256 * 1024;

    /// <summary>The most credit that a sender may have, in bytes.</summary>
    public const int MostCredit = int.MaxValue;

    /// <summary>Checks a header, before anything of the payload is held.</summary>
    /// <exception cref="ConnectionFaultException">No such type, a length that the type doesn't allow, or the wrong kind of stream.</exception>
    public static void Check(in FrameHeader header)
    {
        var most = header.Type switch
        {
            FrameType.Data => Data,
            FrameType.Request or FrameType.Response or FrameType.Trailers => Head,
            FrameType.Credit => CreditFrame.Length,
            FrameType.Reset => ResetFrame.Length,
            FrameType.Ping or FrameType.Pong => PingFrame.Length,
            FrameType.Ack => AckFrame.Length,
            FrameType.GoAway => GoAway,
            _ => throw new ConnectionFaultException(ErrorCode.ProtocolError, $"There is no frame of type {(byte)header.Type}."),
        };
        if (header.Length > most)
        {
            throw new ConnectionFaultException(
                ErrorCode.FrameTooLong, $"A {header.Type} frame of {header.Length} bytes came; the limit is {most}.");
        }

        if (header.Type is FrameType.Ping or FrameType.Pong or FrameType.Ack or FrameType.GoAway != (header.Stream == 0))
        {
            throw new ConnectionFaultException(ErrorCode.ProtocolError, $"A {header.Type} frame came for stream {header.Stream}.");
        }
    }
}
