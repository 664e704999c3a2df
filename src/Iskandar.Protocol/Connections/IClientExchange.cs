using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Connections;

/// <summary>
/// The client's end of one exchange. One request works on it at a time; the cancellation may come from the read loop at any moment.
/// Disposing it without having ended it tells the server that it failed.
/// </summary>
public interface IClientExchange : IDisposable
{
    /// <summary>The request's head. Its method, target and fields are valid HTTP.</summary>
    RequestHead Request { get; }

    /// <summary>Opens the request's content, which can be read once.</summary>
    Stream OpenContent();

    /// <summary>The length of the request's content in bytes; null when it isn't known yet.</summary>
    long? ContentLength { get; }

    /// <summary>Whether the visitor asks for an upgraded connection (RFC 9110 section 7.8): a response of status 101 makes bytes of it of both contents.</summary>
    bool IsUpgrade { get; }

    /// <summary>The request's trailer section, once its content has been read to the end. Empty when there was none.</summary>
    FieldSection RequestTrailers { get; }

    /// <summary>Fires when nobody waits for the response any more: the visitor left, or the connection was lost.</summary>
    CancellationToken Cancelled { get; }

    /// <summary>Sends an informational response before the final one. An encoding that has none leaves it out.</summary>
    /// <param name="head">A status from 100 to 199 but 101, and fields; free for reuse when the call has returned.</param>
    void SendInformational(ResponseHead head);

    /// <summary>Sends the response's head, and the first piece of content with it. Waits while there is no room.</summary>
    /// <param name="head">Status and fields; free for reuse when the call has completed.</param>
    /// <param name="content">The first bytes; may be empty.</param>
    /// <param name="endOfResponse">True when that was all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask SendHeadAsync(ResponseHead head, ReadOnlyMemory<byte> content, bool endOfResponse, CancellationToken cancellationToken);

    /// <summary>Sends a further piece of content. Waits while there is no room.</summary>
    /// <param name="content">The bytes; free for reuse when the call has completed. May be empty.</param>
    /// <param name="endOfResponse">True when that was all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask SendContentAsync(ReadOnlyMemory<byte> content, bool endOfResponse, CancellationToken cancellationToken);

    /// <summary>Ends the response with a trailer section, after its head and all content. An encoding without trailers ends it without.</summary>
    /// <param name="trailers">The trailer section; free for reuse when the call has returned.</param>
    void SendTrailers(FieldSection trailers);

    /// <summary>Ends the exchange as failed: before the head, the visitor gets a gateway error; after it, an aborted response.</summary>
    /// <param name="error">What a client may say: <c>OriginUnreachable</c>, <c>OriginFailed</c>, <c>OriginTimeout</c>, <c>RequestInvalid</c>, <c>TunnelClosing</c>.</param>
    void Fail(ExchangeError error);
}
