using System.Buffers;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Json;

/// <content>The way of the request: gathered, then sent as one message.</content>
internal sealed partial class JsonGatewayExchange
{
    private static readonly Action<JsonGatewayExchange, IBufferWriter<byte>> WriteRequest = static (exchange, output) =>
        JsonMessageWriter.WriteRequest(output, exchange.Id, exchange.Request, exchange._sent.Written.Span);

    public void SendHead(bool endOfRequest, bool upgrade)
    {
        if (endOfRequest && TryBeginWait())
        {
            connection.Sender.Send(this, WriteRequest);
        }
    }

    public ValueTask<ExchangeError> SendContentAsync(ReadOnlySequence<byte> content, CancellationToken cancellationToken)
    {
        var error = _sent.TryAdd(content);
        return new(error == ExchangeError.None ? Error : error);
    }

    public async ValueTask EndContentAsync(FieldSection? trailers, CancellationToken cancellationToken)
    {
        // Its time begins here: a client that takes nothing must not make its visitors wait for ever.
        if (TryBeginWait())
        {
            using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Volatile.Write(ref _waiting, failed);
            try
            {
                await connection.Sender.SendContentAsync(this, WriteRequest, failed.Token).ConfigureAwait(false);
            }
            finally
            {
                Volatile.Write(ref _waiting, null);
            }
        }

        _sent.Release();
    }

    public void StopContent()
    {
        // The response is there only after the request has been sent: nothing waits any more.
    }

    // Once true, the client may know of the request.
    private bool TryBeginWait()
    {
        lock (_gate)
        {
            _requestSent = _state == State.Open;
            _lastActivity = Now();
            return _requestSent;
        }
    }

    // A request whose visitor has been answered must not reach the app any more.
    private static void StopWaiting(CancellationTokenSource waiting)
    {
        try
        {
            waiting.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The wait has ended by itself.
        }
    }
}
