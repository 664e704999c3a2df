namespace Iskandar.Cli.Forwarding;

/// <summary>The request's content as the visitor sends it. Before a read waits, what has been written to the target is sent.</summary>
internal sealed class PromptStream(Stream inner) : Stream
{
    /// <summary>Where the content goes; null before that is known.</summary>
    public Stream? Target { get; set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = inner.ReadAsync(buffer, cancellationToken);
        return read.IsCompleted || Target is not { } target ? read : FlushAndReadAsync(target, read, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Never block a thread.");

    public override void Flush()
    {
    }

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static async ValueTask<int> FlushAndReadAsync(Stream target, ValueTask<int> read, CancellationToken cancellationToken)
    {
        // The read is under way, and has to be seen to its end in every outcome.
        var reading = read.AsTask();
        try
        {
            await target.FlushAsync(cancellationToken);
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException)
        {
            // Thrown by a read, it would pass for the visitor's fault.
            throw new OriginBrokenException(fault);
        }

        return await reading;
    }
}
