namespace Iskandar.FunctionalTests.Binary.Codec;

/// <summary>The types of frames, by their numbers on the wire.</summary>
public enum FrameType
{
    Data = 0,
    Request = 1,
    Response = 2,
    Trailers = 3,
    Credit = 4,
    Reset = 5,
    Ping = 6,
    Pong = 7,
    GoAway = 9,
}

/// <summary>Why a stream or a connection was given up.</summary>
public enum ErrorCode
{
    Done = 0,
    ProtocolError = 1,
    FrameTooLong = 2,
    FlowControlError = 3,
    HeadTooLarge = 4,
    RequestInvalid = 5,
    ResponseInvalid = 6,
    OriginUnreachable = 7,
    OriginFailed = 8,
    OriginTimeout = 9,
    TunnelBusy = 10,
    TunnelClosing = 11,
    Overflow = 12,
    Timeout = 13,
    Stopping = 14,
    OriginInvalid = 15,
}

/// <summary>The numbers of the document.</summary>
public static class Numbers
{
    public const string Subprotocol = "iskandar.v1";

    /// <summary>The credit each direction of a stream begins with.</summary>
    public const int Window = 262_144;

    /// <summary>As much credit as there can be.</summary>
    public const int MostCredit = 2_147_483_647;

    public const int LongestData = 65_536;

    public const int LongestHead = 131_072;

    /// <summary>The limit for field lines, unless configured.</summary>
    public const int LongestFields = 65_536;

    public const int MostFieldLines = 1_000;
}
