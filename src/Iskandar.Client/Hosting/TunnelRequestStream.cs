namespace Iskandar.Client.Hosting;

/// <summary>
/// The request's content as a stream that notices when it has been read to its end: behind it are the trailers. And when it is first read, if the visitor waits for that.
/// </summary>
internal sealed class TunnelRequestStream(TunnelRequest request, Stream content, bool isAwaited) : Stream
{
    private bool _isAwaited = isAwaited;

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
        Ask();
        var read = content.ReadAsync(buffer, cancellationToken);
        return read.IsCompletedSuccessfully ? new ValueTask<int>(Note(read.GetAwaiter().GetResult(), buffer.Length)) : WaitAsync(read, buffer.Length);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        Ask();
        await content.CopyToAsync(destination, bufferSize, cancellationToken).ConfigureAwait(false);
        request.OnContentRead();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        Ask();
        return Note(content.Read(buffer, offset, count), count);
    }

    public override void Flush()
    {
    }

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Ask()
    {
        if (_isAwaited)
        {
            _isAwaited = false;
            request.AskForContent();
        }
    }

    private async ValueTask<int> WaitAsync(ValueTask<int> read, int asked) => Note(await read.ConfigureAwait(false), asked);

    private int Note(int count, int asked)
    {
        if (count == 0 && asked > 0)
        {
            request.OnContentRead();
        }

        return count;
    }
}
