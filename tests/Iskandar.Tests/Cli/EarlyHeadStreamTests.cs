using System.IO.Pipelines;
using Iskandar.Cli.Forwarding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Tests.Cli;

public sealed class EarlyHeadStreamTests
{
    private readonly DefaultHttpContext _context = new();
    private readonly Pipe _origin = new();

    public EarlyHeadStreamTests() => _context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(new CountingStream()));

    private int Flushed => ((CountingStream)_context.Response.Body).Flushed;

    [Fact]
    public async Task Read_ContentIsThere_HeadWaitsForIt()
    {
        await _origin.Writer.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
        await using var stream = new EarlyHeadStream(_origin.Reader.AsStream(), _context.Response);

        Assert.Equal(0, await stream.ReadAsync(Memory<byte>.Empty, TestContext.Current.CancellationToken));
        var count = await stream.ReadAsync(new byte[10], TestContext.Current.CancellationToken);

        Assert.Equal((5, 0), (count, Flushed));
    }

    [Fact]
    public async Task Read_ContentIsNotThereYet_HeadGoesAheadOnce()
    {
        await using var stream = new EarlyHeadStream(_origin.Reader.AsStream(), _context.Response);

        var read = stream.ReadAsync(new byte[10], TestContext.Current.CancellationToken);
        Assert.Equal(1, Flushed);
        Assert.False(read.IsCompleted);

        await _origin.Writer.WriteAsync("hi"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal(2, await read);

        await _origin.Writer.CompleteAsync();
        Assert.Equal(0, await stream.ReadAsync(new byte[10], TestContext.Current.CancellationToken));
        Assert.Equal(1, Flushed);
    }

    [Fact]
    public async Task Read_OriginBreaksOff_ThrowsAsItDid()
    {
        await using var stream = new EarlyHeadStream(_origin.Reader.AsStream(), _context.Response);

        var read = stream.ReadAsync(new byte[10], TestContext.Current.CancellationToken).AsTask();
        await _origin.Writer.CompleteAsync(new IOException("broken"));

        Assert.Equal("broken", (await Assert.ThrowsAsync<IOException>(() => read)).Message);
    }

    private sealed class CountingStream : MemoryStream
    {
        public int Flushed { get; private set; }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Flushed++;
            return Task.CompletedTask;
        }
    }
}
