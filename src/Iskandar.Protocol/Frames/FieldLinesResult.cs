namespace Iskandar.Protocol.Frames;

/// <summary>How the reading of a head or a trailer section ended.</summary>
internal enum FieldLinesResult
{
    /// <summary>All is there, and valid.</summary>
    Ok,

    /// <summary>It ends within a line, or HTTP doesn't allow it.</summary>
    Invalid,

    /// <summary>The lines are over the limit.</summary>
    TooLarge,
}
