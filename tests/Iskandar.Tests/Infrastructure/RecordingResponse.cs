using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Tests.Infrastructure;

/// <summary>A response as a server keeps it: it has started once anything was flushed, and what was flushed has left.</summary>
internal sealed class RecordingResponse : PipeWriter, IHttpResponseFeature, IHttpResponseBodyFeature
{
    private readonly ArrayBufferWriter<byte> _unsent = new();
    private readonly ArrayBufferWriter<byte> _sent = new();
    private TaskCompletionSource<FlushResult>? _stuck;

    public int StatusCode { get; set; } = StatusCodes.Status200OK;

    public string? ReasonPhrase { get; set; }

    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();

    public Stream Body { get; set; } = Stream.Null;

    public bool HasStarted { get; private set; }

    /// <summary>Whether the response was ended cleanly.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>A visitor that takes nothing: flushes don't complete until given up.</summary>
    public bool IsStuck { get; init; }

    /// <summary>Completes when the visitor is being waited for.</summary>
    public TaskCompletionSource Waiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What has left so far.</summary>
    public string Sent => Encoding.UTF8.GetString(_sent.WrittenSpan);

    public PipeWriter Writer => this;

    public Stream Stream => AsStream(leaveOpen: true);

    public void OnStarting(Func<object, Task> callback, object state)
    {
    }

    public void OnCompleted(Func<object, Task> callback, object state)
    {
    }

    public void DisableBuffering()
    {
    }

    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        HasStarted = true;
        return Task.CompletedTask;
    }

    public async Task CompleteAsync()
    {
        await FlushAsync();
        IsComplete = true;
    }

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public override void Advance(int bytes) => _unsent.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => _unsent.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _unsent.GetSpan(sizeHint);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        HasStarted = true;
        _sent.Write(_unsent.WrittenSpan);
        var any = _unsent.WrittenCount > 0;
        _unsent.Clear();
        if (!IsStuck || !any)
        {
            return default;
        }

        _stuck = new TaskCompletionSource<FlushResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        Waiting.TrySetResult();
        return new ValueTask<FlushResult>(_stuck.Task);
    }

    public override void CancelPendingFlush() => _stuck?.TrySetResult(new FlushResult(isCanceled: true, isCompleted: false));

    public override void Complete(Exception? exception = null)
    {
    }
}
