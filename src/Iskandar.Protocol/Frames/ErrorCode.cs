namespace Iskandar.Protocol.Frames;

/// <summary>Why a stream is reset, or a connection ends: the codes of RESET and GOAWAY.</summary>
internal enum ErrorCode : ushort
{
    /// <summary>Nothing failed: what would still come isn't wanted.</summary>
    Done = 0,

    /// <summary>A frame that can't come here.</summary>
    ProtocolError = 1,

    /// <summary>A payload over its type's limit.</summary>
    FrameTooLong = 2,

    /// <summary>More data than credit, or more credit than there can be.</summary>
    FlowControlError = 3,

    /// <summary>Field lines over the limit.</summary>
    HeadTooLarge = 4,

    /// <summary>A request that HTTP doesn't allow.</summary>
    RequestInvalid = 5,

    /// <summary>A response that HTTP doesn't allow.</summary>
    ResponseInvalid = 6,

    /// <summary>Nothing answers at the origin.</summary>
    OriginUnreachable = 7,

    /// <summary>The origin broke off.</summary>
    OriginFailed = 8,

    /// <summary>The origin took too long.</summary>
    OriginTimeout = 9,

    /// <summary>As many exchanges as the client takes.</summary>
    TunnelBusy = 10,

    /// <summary>The client is stopping.</summary>
    TunnelClosing = 11,

    /// <summary>No memory for content.</summary>
    Overflow = 12,

    /// <summary>The response took too long.</summary>
    Timeout = 13,

    /// <summary>The server is stopping.</summary>
    Stopping = 14,

    /// <summary>The origin sent what is not HTTP.</summary>
    OriginInvalid = 15,

    /// <summary>A newer connection has the name.</summary>
    Displaced = 16,
}
