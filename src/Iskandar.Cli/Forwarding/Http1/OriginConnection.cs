using System.Buffers;
using System.Runtime.CompilerServices;
using Iskandar.Client;

namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>
/// One connection to the origin: what is about to be sent, and what has arrived and wasn't taken yet. One request at a time; sending and receiving may go on at once.
/// </summary>
/// <remarks>
/// The next read begins before the connection rests. That costs nothing, for it had to be asked for anyhow, and so an origin that closes the connection
/// between two requests is noticed before the second one is sent there.
/// </remarks>
internal sealed class OriginConnection(Stream stream) : IDisposable
{
    /// <summary>The most that a head, or the trailers, may come to, in bytes.</summary>
    public const int MostHead = 64 * 1024;

    // Most answers are short, and there may be thousands of connections. One that has seen longer ones keeps the room for them.
    private const int ShortInput = 2 * 1024;
    private const int UsualInput = 20 * 1024;
    private const int BulkInput = MostHead;

    private byte[] _usual = new byte[ShortInput];
    private byte[]? _bulk;
    private int _start;
    private int _end;
    private ValueTask<int> _read;
    private bool _isReading;
    private volatile bool _isAborted;
    private volatile bool _resetsWhenAborted;

    /// <summary>Parses this connection's heads; it remembers the lines of the last ones.</summary>
    public ResponseHeadParser Parser { get; } = new();

    /// <summary>What is to be sent with the next <see cref="FlushAsync"/>.</summary>
    public ArrayBufferWriter<byte> Output { get; } = new(1024);

    /// <summary>Whether a request has been made on it before.</summary>
    public bool IsReused { get; private set; }

    /// <summary>Whether any byte of the current response has arrived.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>When it was last in use, as a timestamp of the clock.</summary>
    public long LastUsed { get; private set; }

    /// <summary>Whether another request could be made on it, as far as can be known.</summary>
    public bool IsUsable => !_isAborted && !(_isReading && _read.IsCompleted);

    /// <summary>Whether giving it up is a break to the origin, and not an end.</summary>
    public bool ResetsWhenAborted
    {
        get => _resetsWhenAborted;
        set => _resetsWhenAborted = value;
    }

    /// <summary>The connection itself, for when it is no longer HTTP's. <see cref="Unread"/> comes before what is read there.</summary>
    public Stream Stream => stream;

    /// <summary>What has arrived and wasn't taken.</summary>
    public ReadOnlyMemory<byte> Unread => Input.AsMemory(_start, _end - _start);

    private byte[] Input => _bulk ?? _usual;

    /// <summary>Takes bytes from the front of <see cref="Unread"/>.</summary>
    public void Take(int count) => _start += count;

    /// <summary>Waits for more, behind what is there already. To be called when all was taken, or more room is needed for a head.</summary>
    /// <returns>How many bytes came; 0 at the end.</returns>
    /// <exception cref="IOException">The connection broke.</exception>
    public ValueTask<int> ReadAsync()
    {
        if (!_isReading)
        {
            StartRead();
        }

        var read = _read;
        (_isReading, _read) = (false, default);
        return read.IsCompletedSuccessfully ? new ValueTask<int>(Note(read.GetAwaiter().GetResult())) : WaitAsync(read);
    }

    /// <summary>Sends what is in <see cref="Output"/>.</summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (Output.WrittenCount == 0)
        {
            return default;
        }

        var written = stream.WriteAsync(Output.WrittenMemory, cancellationToken);
        if (!written.IsCompletedSuccessfully)
        {
            return WaitAsync(written);
        }

        written.GetAwaiter().GetResult();
        Output.ResetWrittenCount();
        return default;
    }

    /// <summary>Sends this. <see cref="Output"/> has to be empty.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => stream.WriteAsync(content, cancellationToken);

    /// <summary>Ends what is sent to the origin; what it sends goes on.</summary>
    /// <exception cref="IOException">The connection is broken.</exception>
    public void EndSending() => ((ITwoWayStream)stream).EndSending();

    /// <summary>The response is complete, and so is the request: the connection may wait for the next one.</summary>
    /// <returns>False if it must not be used again.</returns>
    public bool TryRest(long now)
    {
        // More than the response: it can't belong to a request that hasn't been made.
        if (_isAborted || _start != _end || Output.WrittenCount > 0)
        {
            return false;
        }

        if (_bulk is not null && !_isReading)
        {
            ArrayPool<byte>.Shared.Return(_bulk);
            _bulk = null;
        }

        (_start, _end) = (0, 0);
        (IsReused, IsAnswered, LastUsed) = (true, false, now);
        if (!_isReading)
        {
            StartRead();
        }

        return IsUsable;
    }

    /// <summary>Ends what is under way on it. From any thread.</summary>
    public void Abort()
    {
        if (ResetsWhenAborted)
        {
            ((ITwoWayStream)stream).Reset();
        }

        Dispose();
    }

    public void Dispose()
    {
        _isAborted = true;
        stream.Dispose();
    }

    private void StartRead()
    {
        MakeRoom();
        _isReading = true;

        // It ends with the connection: no token, which would have to be watched.
#pragma warning disable CA2012 // Awaited once, by whoever asks for more; looked at before.
        try
        {
            _read = stream.ReadAsync(Input.AsMemory(_end), CancellationToken.None);
        }
        catch (ObjectDisposedException disposed)
        {
            // A socket that was closed says so at once.
            _read = ValueTask.FromException<int>(disposed);
        }
#pragma warning restore CA2012
    }

    private void MakeRoom()
    {
        var isFull = _end == Input.Length;
        var unread = Unread;
        if (!unread.IsEmpty && !isFull)
        {
            return;
        }

        if (isFull && _start == 0 && _bulk is not null && !unread.IsEmpty)
        {
            throw new MalformedResponseException($"The head of the response is longer than {MostHead / 1024} KiB.", OriginFailure.HeadTooLarge);
        }

        // Filled to the brim: there is more where that came from.
        if (isFull && _bulk is null)
        {
            if (_usual.Length == ShortInput)
            {
                _usual = new byte[UsualInput];
            }
            else
            {
                _bulk = ArrayPool<byte>.Shared.Rent(BulkInput);
            }
        }

        unread.Span.CopyTo(Input);
        (_start, _end) = (0, unread.Length);
    }

    private int Note(int count)
    {
        _end += count;
        IsAnswered |= count > 0;
        return count;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(ValueTask<int> read)
    {
        try
        {
            return Note(await read);
        }
        catch (ObjectDisposedException disposed)
        {
            throw new IOException("The connection was given up.", disposed);
        }
    }

    private async ValueTask WaitAsync(ValueTask written)
    {
        await written;
        Output.ResetWrittenCount();
    }
}
