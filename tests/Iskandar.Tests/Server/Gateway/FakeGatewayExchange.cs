using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Server.Gateway;

/// <summary>An exchange whose client is the test: it reads what is sent, and says what comes back.</summary>
internal sealed class FakeGatewayExchange : IGatewayExchange
{
    private readonly Lock _gate = new();
    private readonly Pipe _content = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly Pipe _sent = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly TaskCompletionSource<bool> _head = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _headSent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _room;
    private (Action<object> Callback, object State)? _onFailed;
    private long _consumed;

    public RequestHead Request { get; } = new();

    public ResponseHead Response { get; } = new();

    public PipeReader Content => _content.Reader;

    public ExchangeError Error { get; private set; }

    public bool IsUnsent { get; set; }

    public int ErrorStatus => Error.ToStatus();

    public FieldSection Trailers { get; } = new();

    /// <summary>What the request ended with; null until it has, and when there were none.</summary>
    public FieldSection? RequestTrailers { get; private set; }

    /// <summary>How much of the response's content has left the gateway.</summary>
    public long ConsumedBytes => Volatile.Read(ref _consumed);

    /// <summary>Completes when a piece of the request's content waits for room.</summary>
    public Task Waiting => _waiting.Task;

    /// <summary>Completes when the gateway is done with it.</summary>
    public Task Disposed => _disposed.Task;

    /// <summary>The request's head: "GET / end", "GET / upgrade", or without either.</summary>
    public Task<string> HeadAsync() => _headSent.Task.Within();

    /// <summary>From now on there is no room for the request's content.</summary>
    public void FillUp() => _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>There is room again.</summary>
    public void MakeRoom() => _room?.TrySetResult();

    /// <summary>The response's head comes.</summary>
    public void Respond(int status, params (string Name, string Value)[] fields)
    {
        Response.Status = status;
        foreach (var (name, value) in fields)
        {
            Response.Fields.Add(name, value);
        }

        _asked.TrySetResult(false);
        _head.TrySetResult(true);
    }

    /// <summary>The client asks for the request's content.</summary>
    public void Ask() => _asked.TrySetResult(true);

    public Task<bool> WaitForContinueAsync() => _asked.Task;

    /// <summary>Content of the response comes.</summary>
    public async Task ReceiveAsync(string content) => await _content.Writer.WriteAsync(Encoding.UTF8.GetBytes(content), Bounded.Token);

    /// <summary>The response ends.</summary>
    public void End() => _content.Writer.Complete();

    /// <summary>So much of the request's content as is expected; null when it has ended.</summary>
    public async Task<string?> SentAsync(int length)
    {
        var read = await _sent.Reader.ReadAtLeastAsync(Math.Max(length, 1), Bounded.Token).AsTask().Within();
        var text = Encoding.UTF8.GetString(read.Buffer.Slice(0, Math.Min(length, read.Buffer.Length)));
        _sent.Reader.AdvanceTo(read.Buffer.GetPosition(Encoding.UTF8.GetByteCount(text)));
        return text.Length > 0 ? text : null;
    }

    /// <summary>The request has ended, with nothing more.</summary>
    public async Task EndedAsync() => Assert.Null(await SentAsync(1));

    public void SendHead(bool endOfRequest, bool upgrade) =>
        _headSent.SetResult($"{Request.Method} {Request.Target}{(endOfRequest ? " end" : "")}{(upgrade ? " upgrade" : "")}");

    public async ValueTask<ExchangeError> SendContentAsync(ReadOnlySequence<byte> content, CancellationToken cancellationToken)
    {
        if (_room is { } room)
        {
            _waiting.TrySetResult();
            await room.Task.WaitAsync(cancellationToken);
        }

        foreach (var segment in content)
        {
            _sent.Writer.Write(segment.Span);
        }

        await _sent.Writer.FlushAsync(CancellationToken.None);
        return Error;
    }

    public ValueTask EndContentAsync(FieldSection? trailers, CancellationToken cancellationToken)
    {
        RequestTrailers = trailers;
        return _sent.Writer.CompleteAsync();
    }

    public void StopContent() => MakeRoom();

    public ValueTask<bool> ReadHeadAsync() => new(_head.Task);

    public void OnFailed(Action<object> callback, object state)
    {
        lock (_gate)
        {
            _onFailed = (callback, state);
            if (Error != ExchangeError.None)
            {
                callback(state);
            }
        }
    }

    public void Consumed(long bytes) => Interlocked.Add(ref _consumed, bytes);

    public void Cancel(ExchangeError reason)
    {
        lock (_gate)
        {
            Assert.False(_disposed.Task.IsCompleted);
            if (Error != ExchangeError.None)
            {
                return;
            }

            Error = reason;
            _content.Writer.Complete();
            _asked.TrySetResult(false);
            _head.TrySetResult(false);
            _onFailed?.Callback(_onFailed.Value.State);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed.TrySetResult();
        }
    }
}
