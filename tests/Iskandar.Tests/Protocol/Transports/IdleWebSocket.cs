using System.Net.WebSockets;

namespace Iskandar.Tests.Protocol.Transports;

/// <summary>A WebSocket on which nothing comes until it is told, then the message "x"; it notes how large the buffers are that it is given.</summary>
internal sealed class IdleWebSocket : WebSocket
{
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<int> _buffers = [];

    public IReadOnlyList<int> Buffers => _buffers;

    public override WebSocketCloseStatus? CloseStatus => null;

    public override string? CloseStatusDescription => null;

    public override WebSocketState State => WebSocketState.Open;

    public override string? SubProtocol => null;

    public void Arrive() => _arrived.SetResult();

    public override async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _buffers.Add(buffer.Length);
        await _arrived.Task.WaitAsync(cancellationToken);
        if (buffer.IsEmpty)
        {
            return new ValueWebSocketReceiveResult(0, WebSocketMessageType.Text, endOfMessage: false);
        }

        buffer.Span[0] = (byte)'x';
        return new ValueWebSocketReceiveResult(1, WebSocketMessageType.Text, endOfMessage: true);
    }

    public override void Abort()
    {
    }

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override void Dispose()
    {
    }

    public override Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
