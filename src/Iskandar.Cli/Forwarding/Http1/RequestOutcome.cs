namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>How the sending of a request ended.</summary>
internal enum RequestOutcome
{
    /// <summary>All of it was sent.</summary>
    Sent,

    /// <summary>It was stopped: the response was complete before.</summary>
    Unfinished,

    /// <summary>The rest will not come from the visitor.</summary>
    VisitorFailed,

    /// <summary>The origin takes no more of it; it may have answered all the same.</summary>
    OriginFailed,
}
