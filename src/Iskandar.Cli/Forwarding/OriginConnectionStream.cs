using System.Buffers;
using System.Runtime.CompilerServices;

namespace Iskandar.Cli.Forwarding;

/// <summary>
/// The bytes of one connection to the origin. .NET's client sends a request again, up to three times, when the origin closes a connection without
/// an answer. That is right for a connection that had been idle: the origin may not have seen the request. On a new one the origin saw it and
/// failed, so the same request must not reach it again; an end that is an error, not an end of stream, is never tried again.
/// </summary>
/// <remarks>
/// .NET's client reads a response's beginning into a small buffer, and the forwarder asks with an empty one whether there is more before it reads on. Each of
/// these is a system call of its own. So small and empty reads are made of one larger read, from which the next ones are served; large ones go straight to
/// where they are wanted.
/// </remarks>
internal sealed class OriginConnectionStream(Stream inner) : Stream
{
    /// <summary>The length of what is read ahead, and of the shortest read that goes past it.</summary>
    public const int AheadLength = 16 * 1024;

    // Filled to the brim last time: then the rest is better read where it is wanted, so an empty read only asks.
    private bool _isBulk;
    private byte[]? _ahead;
    private int _start;
    private int _end;
    private bool _asked;
    private bool _answered;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_ahead is not null)
        {
            return new ValueTask<int>(Take(buffer.Span));
        }

        if (buffer.IsEmpty ? !_isBulk : buffer.Length < AheadLength)
        {
            return ReadAheadAsync(buffer, cancellationToken);
        }

        return _answered || buffer.IsEmpty ? inner.ReadAsync(buffer, cancellationToken) : ReadFirstAsync(buffer, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _asked = true;
        return inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Never block a thread.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Never block a thread.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadAheadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        // Not given back if the read fails: it may not be done with it.
        var ahead = ArrayPool<byte>.Shared.Rent(AheadLength);
        var count = await inner.ReadAsync(ahead.AsMemory(0, AheadLength), cancellationToken);
        _isBulk = count == AheadLength;
        if (count == 0)
        {
            ArrayPool<byte>.Shared.Return(ahead);
            return buffer.IsEmpty ? 0 : End();
        }

        (_ahead, _start, _end, _answered) = (ahead, 0, count, true);
        return Take(buffer.Span);
    }

    private int Take(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _end - _start);
        _ahead.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        if (_start == _end)
        {
            ArrayPool<byte>.Shared.Return(_ahead!);
            _ahead = null;
        }

        return count;
    }

    private async ValueTask<int> ReadFirstAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken);
        _answered = count > 0;
        return _answered ? count : End();
    }

    private int End() => _asked && !_answered ? throw new IOException("The connection was closed without an answer.") : 0;
}
