using System.Buffers;
using System.IO.Pipelines;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Connections;

/// <summary>
/// The server's end of one exchange: a visitor's request and its response. Used by one request at a time; only
/// <see cref="Cancel"/> may be called from anywhere. Disposing it removes it from its connection, in every outcome, and tells
/// the client if the response wasn't complete.
/// </summary>
public interface IGatewayExchange : IDisposable
{
    /// <summary>The request's head, to be filled before <see cref="SendHead"/>.</summary>
    RequestHead Request { get; }

    /// <summary>The response's head, once <see cref="ReadHeadAsync"/> has returned true.</summary>
    ResponseHead Response { get; }

    /// <summary>The response's content. Complete without an <see cref="Error"/>: that was all. Report what was read with <see cref="Consumed"/>.</summary>
    PipeReader Content { get; }

    /// <summary>Why the exchange failed, or <see cref="ExchangeError.None"/>. Content that arrived before is still to be read.</summary>
    ExchangeError Error { get; }

    /// <summary>
    /// Whether the exchange failed before anything of its request could reach the origin, and before any of its content was taken: it can be sent again over another connection.
    /// </summary>
    bool IsUnsent { get; }

    /// <summary>The status to answer with when <see cref="Error"/> is set before a head came.</summary>
    int ErrorStatus { get; }

    /// <summary>The response's trailer section, once <see cref="Content"/> has completed without an <see cref="Error"/>. Empty when there was none.</summary>
    FieldSection Trailers { get; }

    /// <summary>Sends the head of the request.</summary>
    /// <param name="endOfRequest">True when there is no content.</param>
    /// <param name="upgrade">
    /// True to ask for an upgraded connection (RFC 9110 section 7.8), where <see cref="IGatewayConnection.CanUpgrade"/>. After a response of status 101 both contents are its bytes.
    /// </param>
    void SendHead(bool endOfRequest, bool upgrade);

    /// <summary>
    /// Waits until the client asks for the content of a request that says <c>Expect: 100-continue</c> (RFC 9110 section 10.1.1). To be called once at the most, and only where
    /// <see cref="IGatewayConnection.CanExpect"/>.
    /// </summary>
    /// <returns>True: it wants the content. False: the response's head came without its having asked, or the exchange failed.</returns>
    Task<bool> WaitForContinueAsync();

    /// <summary>Sends a piece of the request's content, and waits while there is no room for it.</summary>
    /// <param name="content">The bytes; free for reuse when the call has returned.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns><see cref="ExchangeError.None"/>, or why no more can be sent: <c>ContentTooLarge</c>, <c>ServerBusy</c>, or that of the exchange.</returns>
    ValueTask<ExchangeError> SendContentAsync(ReadOnlySequence<byte> content, CancellationToken cancellationToken);

    /// <summary>Ends the request's content.</summary>
    /// <param name="trailers">The request's trailer section; null or empty for none. An encoding without trailers leaves them out.</param>
    /// <param name="cancellationToken">Ends the wait for room.</param>
    ValueTask EndContentAsync(FieldSection? trailers, CancellationToken cancellationToken);

    /// <summary>Says that no more content will be sent, whatever is left of it: a call that waits returns. Safe to call from anywhere, but not after Dispose.</summary>
    void StopContent();

    /// <summary>Waits for the response's head.</summary>
    /// <returns>True: <see cref="Response"/> is there. False: <see cref="Error"/> is.</returns>
    ValueTask<bool> ReadHeadAsync();

    /// <summary>
    /// Sets what is called once if the exchange fails from now on (or has failed), so that a write to a visitor who takes nothing can be given up. Not
    /// called after Dispose. Must return at once and run no other code: it is called under a lock.
    /// </summary>
    /// <param name="callback">What to call.</param>
    /// <param name="state">What to call it with.</param>
    void OnFailed(Action<object> callback, object state);

    /// <summary>Says that bytes of <see cref="Content"/> have left our hands, so that as many may come.</summary>
    /// <param name="bytes">How many, since the last call.</param>
    void Consumed(long bytes);

    /// <summary>Fails the exchange: the visitor left, a limit was reached. Safe to call at any time, from any thread, but not after Dispose.</summary>
    /// <param name="reason">Kept if the exchange hasn't ended yet.</param>
    void Cancel(ExchangeError reason);
}
