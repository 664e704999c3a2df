using System.Net.WebSockets;

namespace Iskandar.Protocol.Transports;

/// <summary>Assembles whole messages, and passes over those that are longer than the limit without ever holding them.</summary>
internal sealed class MessageReceiver(WebSocket socket, int maxMessage) : IDisposable
{
    private const int FirstRead = 4 * 1024;
    private const int KeptOfTooLong = 4 * 1024;
    private readonly PooledBuffer _buffer = new();

    public async ValueTask<ReceivedMessage> ReceiveAsync(CancellationToken cancellationToken)
    {
        _buffer.Clear();
        var tooLong = false;
        while (true)
        {
            var memory = _buffer.GetMemory(FirstRead);
            var result = await socket.ReceiveAsync(memory, cancellationToken).ConfigureAwait(false);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return new ReceivedMessage(ReceivedKind.Closed, default);
            }

            _buffer.Advance(result.Count);
            if (_buffer.Length > maxMessage)
            {
                tooLong = true;
            }

            if (tooLong)
            {
                _buffer.Truncate(KeptOfTooLong);
            }

            if (result.EndOfMessage)
            {
                return new ReceivedMessage(tooLong ? ReceivedKind.TooLong : ReceivedKind.Message, _buffer.Written);
            }
        }
    }

    public void Dispose() => _buffer.Release();
}
