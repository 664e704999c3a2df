namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>How a response's content ends (RFC 9112 section 6.3), and whether the connection lives on.</summary>
/// <param name="Length">Its length in bytes; null: it is chunked, or ends with the connection.</param>
/// <param name="IsChunked">Whether it comes in chunks.</param>
/// <param name="KeepsAlive">Whether another request may follow on the connection.</param>
internal readonly record struct ResponseFraming(long? Length, bool IsChunked, bool KeepsAlive)
{
    /// <summary>What holds when there is no content whatever the fields say: in answer to HEAD, and with 204 and 304.</summary>
    public ResponseFraming WithoutContent() => new(0, IsChunked: false, KeepsAlive);
}
