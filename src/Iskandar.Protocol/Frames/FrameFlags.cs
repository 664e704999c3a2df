namespace Iskandar.Protocol.Frames;

/// <summary>What a frame says beside its type.</summary>
[Flags]
internal enum FrameFlags : byte
{
    None = 0,

    /// <summary>Nothing comes after this in its direction of the stream. On DATA, REQUEST and RESPONSE.</summary>
    End = 0x01,

    /// <summary>The request asks for an upgraded connection (RFC 9110 section 7.8). On REQUEST.</summary>
    Upgrade = 0x02,
}
