namespace Iskandar.Protocol.Frames;

/// <summary>A frame as it was read; of DATA, as much as has come.</summary>
/// <param name="header">The header.</param>
/// <param name="payload">The payload; of DATA, a piece of it. Valid until more is read.</param>
/// <param name="isWhole">Whether the payload ends here.</param>
internal readonly ref struct Frame(FrameHeader header, ReadOnlySpan<byte> payload, bool isWhole)
{
    public FrameType Type => header.Type;

    /// <summary>The flags that the type defines; others are ignored.</summary>
    public FrameFlags Flags => header.Flags & header.Type switch
    {
        FrameType.Request => FrameFlags.End | FrameFlags.Upgrade,
        FrameType.Data or FrameType.Response => FrameFlags.End,
        _ => FrameFlags.None,
    };

    public uint Stream => header.Stream;

    public ReadOnlySpan<byte> Payload { get; } = payload;

    /// <summary>Whether the direction ends here: with TRAILERS, or the flag END, at the end of the payload.</summary>
    public bool IsEnd => isWhole && (header.Type == FrameType.Trailers || (Flags & FrameFlags.End) != 0);
}
