using System.IO.Pipelines;
using Iskandar.Cli.Forwarding.Http1;

namespace Iskandar.Tests.Infrastructure;

/// <summary>One end of a pair of pipes as a stream. Closing it ends the other end's reads, and fails its writes and this end's own reads.</summary>
internal sealed class DuplexStream(PipeReader input, PipeWriter output) : Stream, ITwoWayStream
{
    private volatile bool _closed;

    /// <summary>Called when this end is closed.</summary>
    public Action? OnClosed { get; init; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Two ends; each holds so many unread bytes at most before a writer has to wait.</summary>
    public static (DuplexStream Left, DuplexStream Right) CreatePair(int capacity = 64 * 1024)
    {
        var options = new PipeOptions(pauseWriterThreshold: capacity, resumeWriterThreshold: capacity / 2, useSynchronizationContext: false);
        var (there, back) = (new Pipe(options), new Pipe(options));
        return (new DuplexStream(back.Reader, there.Writer), new DuplexStream(there.Reader, back.Writer));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (buffer.IsEmpty)
        {
            return 0;
        }

        ReadResult read;
        try
        {
            read = await input.ReadAsync(cancellationToken);
        }
        catch (InvalidOperationException) when (_closed)
        {
            throw new ObjectDisposedException(nameof(DuplexStream));
        }

        ObjectDisposedException.ThrowIf(_closed, this);
        var count = (int)Math.Min(buffer.Length, read.Buffer.Length);
        var taken = read.Buffer.Slice(0, count);
        var target = buffer.Span;
        foreach (var segment in taken)
        {
            segment.Span.CopyTo(target);
            target = target[segment.Length..];
        }

        input.AdvanceTo(taken.End);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        FlushResult flushed;
        try
        {
            flushed = await output.WriteAsync(buffer, cancellationToken);
        }
        catch (InvalidOperationException) when (_closed)
        {
            throw new ObjectDisposedException(nameof(DuplexStream));
        }

        if (_closed || flushed.IsCanceled || flushed.IsCompleted)
        {
            throw new IOException("The other end is closed.");
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public void EndSending() => output.Complete();

    public void Reset()
    {
        output.Complete(new IOException("The other end has broken the connection."));
        Dispose();
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_closed)
        {
            _closed = true;
            input.CancelPendingRead();
            output.CancelPendingFlush();
            output.Complete();
            input.Complete();
            OnClosed?.Invoke();
        }

        base.Dispose(disposing);
    }
}
