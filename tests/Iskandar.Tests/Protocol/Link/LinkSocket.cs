using System.Net.WebSockets;

namespace Iskandar.Tests.Protocol.Link;

/// <summary>A WebSocket that takes what is sent, as long as it may.</summary>
internal sealed class LinkSocket : WebSocket
{
    private readonly Lock _gate = new();
    private readonly List<byte> _taken = [];
    private readonly TaskCompletionSource _sending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _held;

    /// <summary>Breaks after so many bytes, in the middle of whatever that is.</summary>
    public long Limit { get; init; } = long.MaxValue;

    /// <summary>Doesn't care for the token while it is held.</summary>
    public bool IsStubborn { get; init; }

    /// <summary>Takes what is sent on the thread that sends it.</summary>
    public bool IsPrompt { get; init; }

    /// <summary>Told of each piece that has arrived.</summary>
    public Action<ReadOnlyMemory<byte>>? Arrived { get; init; }

    /// <summary>Completes when the first message is being sent.</summary>
    public Task Sending => _sending.Task;

    public bool IsAborted => _aborted.Task.IsCompleted;

    public int TextMessages { get; private set; }

    /// <summary>The bytes of the binary messages.</summary>
    public byte[] Taken
    {
        get
        {
            lock (_gate)
            {
                return [.. _taken];
            }
        }
    }

    public long Count
    {
        get
        {
            lock (_gate)
            {
                return _taken.Count;
            }
        }
    }

    public override WebSocketCloseStatus? CloseStatus => null;

    public override string? CloseStatusDescription => null;

    public override WebSocketState State => IsAborted ? WebSocketState.Aborted : WebSocketState.Open;

    public override string? SubProtocol => null;

    /// <summary>From now on it takes nothing.</summary>
    public LinkSocket Hold()
    {
        _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return this;
    }

    /// <summary>It goes on.</summary>
    public void Release() => Interlocked.Exchange(ref _held, null)?.SetResult();

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
    {
        _sending.TrySetResult();
        if (_held is { } held)
        {
            await (IsStubborn ? held.Task : Task.WhenAny(held.Task, _aborted.Task).WaitAsync(cancellationToken));
        }

        if (!IsPrompt)
        {
            // Not on the thread that sends: a network takes its time.
            await Task.Yield();
        }

        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (IsAborted)
            {
                throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely);
            }

            if (messageType == WebSocketMessageType.Text)
            {
                TextMessages++;
                return;
            }

            var piece = buffer[..(int)Math.Min(buffer.Length, Limit - _taken.Count)];
            _taken.AddRange(piece.Span);
            Arrived?.Invoke(piece);
            if (piece.Length < buffer.Length)
            {
                _aborted.TrySetResult();
                throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely);
            }
        }
    }

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) =>
        SendAsync(buffer.AsMemory(), messageType, endOfMessage, cancellationToken).AsTask();

    public override void Abort() => _aborted.TrySetResult();

    public override void Dispose() => Abort();

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => Task.CompletedTask;

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
