namespace Iskandar.Client;

/// <summary>How an origin behind the app can fail; each gives the visitor a gateway error with a code of its own.</summary>
public enum OriginFailure
{
    /// <summary>The origin broke off: 502 <c>origin_failed</c>.</summary>
    Failed,

    /// <summary>Nothing answers at the origin: 502 <c>origin_unreachable</c>.</summary>
    Unreachable,

    /// <summary>The origin took too long: 504 <c>origin_timeout</c>.</summary>
    Timeout,

    /// <summary>The origin sent what is not HTTP: 502 <c>origin_invalid</c>.</summary>
    Invalid,

    /// <summary>The fields of the origin's response are over the limit: 502 <c>response_head_too_large</c>.</summary>
    HeadTooLarge,
}
