using System.Buffers;
using System.IO.Pipelines;

namespace Iskandar.Protocol.Multiplexing;

/// <summary>A request's content as a stream. Each read gives credit for as much to the server.</summary>
internal sealed class InboundStream(FrameClientExchange exchange, InboundContent content) : Stream
{
    private readonly PipeReader _reader = content.Reader;
    private volatile bool _disposed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var read = await _reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        ObjectDisposedException.ThrowIf(read.IsCanceled, this);

        var count = (int)Math.Min(read.Buffer.Length, buffer.Length);
        var taken = read.Buffer.Slice(0, count);
        taken.CopyTo(buffer.Span);
        _reader.AdvanceTo(taken.End);
        if (count > 0)
        {
            exchange.Consumed(count);
        }
        else if (read.IsCompleted && read.Buffer.IsEmpty && exchange.IsBroken)
        {
            throw new IOException("The request was given up before its content had ended.");
        }

        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Never block a thread.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        // A read that is still under way ends; what it would have got goes back with the pipe.
        _disposed = true;
        _reader.CancelPendingRead();
        base.Dispose(disposing);
    }
}
