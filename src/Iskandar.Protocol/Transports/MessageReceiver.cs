using System.Net.WebSockets;
using Iskandar.Protocol.Connections;

namespace Iskandar.Protocol.Transports;

/// <summary>
/// Assembles whole messages, and passes over those that are longer than the limit, or than the budget has room for, without ever holding them.
/// </summary>
internal sealed class MessageReceiver(WebSocket socket, int maxMessage, ByteBudget? budget = null) : IDisposable
{
    private const int FirstRead = 4 * 1024;
    private const int KeptOfTooLong = 4 * 1024;

    // What every connection may hold without asking; beyond it, in steps.
    private const int Free = 128 * 1024;
    private const int Step = 256 * 1024;

    private readonly PooledBuffer _buffer = new();
    private long _taken;

    public async ValueTask<ReceivedMessage> ReceiveAsync(CancellationToken cancellationToken)
    {
        Forget();

        // A connection on which nothing comes holds no buffer: waiting for the first byte takes none.
        var waiting = socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken);
        if (!waiting.IsCompleted)
        {
            _buffer.Release();
        }

        var first = await waiting.ConfigureAwait(false);
        if (first.MessageType == WebSocketMessageType.Close)
        {
            return new ReceivedMessage(ReceivedKind.Closed, default);
        }

        if (first.EndOfMessage)
        {
            return new ReceivedMessage(ReceivedKind.Message, default);
        }

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
            if (tooLong || _buffer.Length > maxMessage || !TryAfford())
            {
                tooLong = true;
                _buffer.Truncate(KeptOfTooLong);
            }

            if (result.EndOfMessage)
            {
                return new ReceivedMessage(tooLong ? ReceivedKind.TooLong : ReceivedKind.Message, _buffer.Written);
            }
        }
    }

    public void Dispose() => Forget();

    private bool TryAfford()
    {
        while (budget is not null && _buffer.Length - Free > _taken)
        {
            if (!budget.TryTake(Step))
            {
                return false;
            }

            _taken += Step;
        }

        return true;
    }

    private void Forget()
    {
        _buffer.Clear();
        budget?.Return(_taken);
        _taken = 0;
    }
}
