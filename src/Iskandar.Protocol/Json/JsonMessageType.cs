namespace Iskandar.Protocol.Json;

/// <summary>The "type" member of a message.</summary>
internal enum JsonMessageType
{
    /// <summary>Not there: what the reader expects.</summary>
    Absent,
    Request,
    Response,
    Cancel,
    Credit,

    /// <summary>Of a later version: to be ignored.</summary>
    Unknown,
}
