using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Iskandar.Protocol.Transports;

/// <summary>
/// The byte stream under a WebSocket. Between <see cref="Hold"/> and <see cref="ReleaseAsync"/> it gathers what is written, so that many small
/// messages go out in one send; and it reads ahead, so that a message doesn't cost one receive for its header and one for its payload. A client's binary messages it
/// can put into frames by itself.
/// </summary>
/// <param name="inner">The connection's stream; disposed with this one.</param>
/// <param name="readAhead">How many bytes to read ahead; 0 when the inner stream does that itself.</param>
public sealed class BatchingStream(Stream inner, int readAhead) : Stream
{
    // A batch larger than this is sent in parts: what is gathered is bounded.
    private const int MostGathered = 256 * 1024;

    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly PooledBuffer _gathered = new();
    private readonly WebSocketMask _mask = new();
    private byte[] _ahead = [];
    private int _aheadStart;
    private int _aheadEnd;
    private bool _holding;
    private bool _isInMessage;

    /// <inheritdoc />
    public override bool CanRead => true;

    /// <inheritdoc />
    public override bool CanSeek => false;

    /// <inheritdoc />
    public override bool CanWrite => true;

    /// <inheritdoc />
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Gathers what is written from now on.</summary>
    public void Hold() => Volatile.Write(ref _holding, true);

    /// <summary>Sends what was gathered, and from now on everything at once.</summary>
    /// <param name="cancellationToken">Ends the send.</param>
    public async ValueTask ReleaseAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Volatile.Write(ref _holding, false);
            await SendGatheredAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>
    /// Sends a frame of a binary message as a client does (RFC 6455 section 5.2), past the WebSocket: that saves a copy, and a call of the system's random number generator for
    /// each frame. The WebSocket may send control frames meanwhile, and messages only before the first frame.
    /// </summary>
    /// <param name="payload">Its payload.</param>
    /// <param name="endOfMessage">Whether it is the last of its message.</param>
    /// <param name="cancellationToken">Ends the send; the connection is beyond use then, as after any other fault.</param>
    internal async ValueTask SendMaskedAsync(ReadOnlyMemory<byte> payload, bool endOfMessage, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            WriteMasked(payload.Span, endOfMessage);
            await inner.WriteAsync(_gathered.Written, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gathered.Clear();
            _writing.Release();
        }
    }

    /// <inheritdoc />
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // The WebSocket's own pings come at any time, hence the lock.
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!Volatile.Read(ref _holding) && _gathered.Length == 0)
            {
                await inner.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
                return;
            }

            buffer.Span.CopyTo(_gathered.GetSpan(buffer.Length));
            _gathered.Advance(buffer.Length);
            if (_gathered.Length > MostGathered)
            {
                await SendGatheredAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc />
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_aheadStart < _aheadEnd)
        {
            return new(TakeAhead(buffer.Span));
        }

        return buffer.Length == 0 || buffer.Length >= readAhead ? inner.ReadAsync(buffer, cancellationToken) : ReadAheadAsync(buffer, cancellationToken);
    }

    /// <inheritdoc />
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc />
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc />
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    /// <inheritdoc />
    public override void Flush() => inner.Flush();

    /// <inheritdoc />
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Never block a thread.");

    /// <inheritdoc />
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Never block a thread.");

    /// <inheritdoc />
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void WriteMasked(ReadOnlySpan<byte> payload, bool endOfMessage)
    {
        const int Final = 0x80, Binary = 0x2, Masked = 0x80, LengthOfTwoBytes = 126, LengthOfEightBytes = 127, MostHeader = 14;
        var output = _gathered.GetSpan(MostHeader + payload.Length);
        output[0] = (byte)((endOfMessage ? Final : 0) | (_isInMessage ? 0 : Binary));
        _isInMessage = !endOfMessage;
        var header = 2;
        if (payload.Length < LengthOfTwoBytes)
        {
            output[1] = (byte)(Masked | payload.Length);
        }
        else if (payload.Length <= ushort.MaxValue)
        {
            output[1] = Masked | LengthOfTwoBytes;
            BinaryPrimitives.WriteUInt16BigEndian(output[header..], (ushort)payload.Length);
            header += sizeof(ushort);
        }
        else
        {
            output[1] = Masked | LengthOfEightBytes;
            BinaryPrimitives.WriteUInt64BigEndian(output[header..], (ulong)payload.Length);
            header += sizeof(ulong);
        }

        var key = _mask.NextKey();
        MemoryMarshal.Write(output[header..], key);
        header += sizeof(uint);
        WebSocketMask.Apply(payload, output[header..], key);
        _gathered.Advance(header + payload.Length);
    }

    private async ValueTask SendGatheredAsync(CancellationToken cancellationToken)
    {
        if (_gathered.Length > 0)
        {
            await inner.WriteAsync(_gathered.Written, cancellationToken).ConfigureAwait(false);
            _gathered.Release();
        }
    }

    private async ValueTask<int> ReadAheadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_ahead.Length == 0)
        {
            _ahead = new byte[readAhead];
        }

        _aheadStart = 0;
        _aheadEnd = 0;
        _aheadEnd = await inner.ReadAsync(_ahead, cancellationToken).ConfigureAwait(false);
        return TakeAhead(buffer.Span);
    }

    private int TakeAhead(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _aheadEnd - _aheadStart);
        _ahead.AsSpan(_aheadStart, count).CopyTo(buffer);
        _aheadStart += count;
        return count;
    }
}
