namespace Iskandar.Protocol.Connections;

/// <summary>Whether a client may resume a link.</summary>
public enum ResumeVerdict
{
    /// <summary>It may.</summary>
    Granted,

    /// <summary>There is no such link any more, or it isn't this client's: it has to begin anew.</summary>
    Gone,

    /// <summary>The offset is one that can't be: more than was sent, or less than is kept.</summary>
    OffsetInvalid,
}
