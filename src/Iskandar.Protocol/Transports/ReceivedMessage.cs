namespace Iskandar.Protocol.Transports;

internal enum ReceivedKind
{
    /// <summary>A whole message.</summary>
    Message,

    /// <summary>A message over the limit; only its beginning was kept.</summary>
    TooLong,

    /// <summary>The peer closed.</summary>
    Closed,
}

/// <summary>What a receive gave. The data is valid until the next receive.</summary>
internal readonly record struct ReceivedMessage(ReceivedKind Kind, ReadOnlyMemory<byte> Data);
