using System.Buffers;
using System.Buffers.Binary;
using System.Threading.Tasks.Sources;

namespace Iskandar.Benchmarks;

/// <summary>
/// The stream under the server's WebSocket, and at its other end a client that answers each request at once, for one of two files in turn. It allocates nothing once it is
/// warm: what is measured is the server's. As with a socket, a read that waits ends on a thread of the pool.
/// </summary>
internal abstract class ScriptedClient : Stream, IValueTaskSource<int>, IThreadPoolWorkItem
{
    // Of the WebSocket frame: two bytes of length, and a mask of zeros, which leaves the payload as it is.
    private const int MessageHeader = 8;

    private readonly Lock _gate = new();
    private readonly ArrayBufferWriter<byte> _answers = new(64 * 1024);
    private ManualResetValueTaskSourceCore<int> _source;
    private Memory<byte> _waiting;
    private int _taken;
    private bool _isWaiting;
    private bool _isScheduled;
    private bool _closed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    private int Unread => _answers.WrittenCount - _taken;

    public static ScriptedClient Create(TunnelEncoding encoding) =>
        encoding == TunnelEncoding.Binary ? new ScriptedBinaryClient() : new ScriptedJsonClient();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            var input = buffer.Span;
            while (!input.IsEmpty)
            {
                var (header, length) = input[1] switch
                {
                    < 126 => (2, input[1]),
                    126 => (4, BinaryPrimitives.ReadUInt16BigEndian(input[2..])),
                    _ => (10, checked((int)BinaryPrimitives.ReadInt64BigEndian(input[2..]))),
                };
                Take(input.Slice(header, length));
                input = input[(header + length)..];
            }

            ScheduleIfDue();
        }

        return default;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (Unread > 0 || _closed)
            {
                return new(Give(buffer.Span));
            }

            _waiting = buffer;
            _isWaiting = true;
            _source.Reset();
            return new(this, _source.Version);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    void IThreadPoolWorkItem.Execute()
    {
        int count;
        lock (_gate)
        {
            count = Give(_waiting.Span);
            _isWaiting = false;
            _isScheduled = false;
        }

        _source.SetResult(count);
    }

    int IValueTaskSource<int>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>Takes a message of the server.</summary>
    protected abstract void Take(ReadOnlySpan<byte> message);

    /// <summary>Room for a message of the client, whose payload has this length; all of it must be filled.</summary>
    protected Span<byte> Answer(int length, byte opcode)
    {
        var message = _answers.GetSpan(MessageHeader + length)[..(MessageHeader + length)];
        message[0] = (byte)(0x80 | opcode);
        message[1] = 0x80 | 126;
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], (ushort)length);
        message[4..MessageHeader].Clear();
        _answers.Advance(message.Length);
        return message[MessageHeader..];
    }

    protected override void Dispose(bool disposing)
    {
        lock (_gate)
        {
            _closed = true;
            ScheduleIfDue();
        }

        base.Dispose(disposing);
    }

    private void ScheduleIfDue()
    {
        if (_isWaiting && !_isScheduled && (Unread > 0 || _closed))
        {
            _isScheduled = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private int Give(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, Unread);
        _answers.WrittenSpan.Slice(_taken, count).CopyTo(buffer);
        _taken += count;
        if (Unread == 0)
        {
            _answers.ResetWrittenCount();
            _taken = 0;
        }

        return count;
    }
}
