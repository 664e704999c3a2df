using System.Net.WebSockets;
using Iskandar.Protocol.Transports;

namespace Iskandar.Protocol.Link;

/// <summary>The time that a link spends on one WebSocket.</summary>
/// <param name="socket">The WebSocket. Closing it is up to its owner.</param>
/// <param name="greeting">A text message that goes before everything else; null for none.</param>
/// <param name="stream">The stream under a client's WebSocket, which puts binary messages into frames itself; null: the WebSocket does.</param>
internal sealed class LinkAttachment(WebSocket socket, byte[]? greeting, BatchingStream? stream = null) : IDisposable
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public WebSocket Socket => socket;

    /// <summary>What goes out first; null when it is out.</summary>
    public byte[]? Greeting { get; set; } = greeting;

    /// <summary>Ends what is being sent.</summary>
    public CancellationTokenSource Stop { get; } = new();

    /// <summary>Completes when the close frame is out, or the WebSocket is beyond use.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Sends a frame of a binary message.</summary>
    public ValueTask SendAsync(ReadOnlyMemory<byte> payload, bool endOfMessage) => stream is null
        ? socket.SendAsync(payload, WebSocketMessageType.Binary, endOfMessage, Stop.Token)
        : stream.SendMaskedAsync(payload, endOfMessage, Stop.Token);

    public void End() => _ended.TrySetResult();

    public void Dispose() => Stop.Dispose();
}
