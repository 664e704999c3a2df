using System.IO.Pipelines;
using System.Text;
using Iskandar.Cli.Forwarding;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Cli;

public sealed class OriginConnectionStreamTests
{
    private readonly Pipe _origin = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly List<int> _asked = [];

    [Fact]
    public async Task End_BeforeTheFirstAnswer_IsAnError()
    {
        await using var stream = Connect();
        await stream.WriteAsync("GET"u8.ToArray(), TestContext.Current.CancellationToken);
        await _origin.Writer.CompleteAsync();

        await Assert.ThrowsAsync<IOException>(() => stream.ReadExactlyAsync(new byte[10], TestContext.Current.CancellationToken).AsTask());
    }

    [Fact]
    public async Task End_AfterAnAnswer_IsAnEnd()
    {
        await using var stream = Connect();
        await stream.WriteAsync("GET"u8.ToArray(), TestContext.Current.CancellationToken);
        await _origin.Writer.WriteAsync("ok"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal(2, await stream.ReadAsync(new byte[10], TestContext.Current.CancellationToken));
        await stream.WriteAsync("GET"u8.ToArray(), TestContext.Current.CancellationToken);
        await _origin.Writer.CompleteAsync();

        Assert.Equal(0, await stream.ReadAsync(new byte[10], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task End_NothingAsked_IsAnEnd()
    {
        await using var stream = Connect();
        await _origin.Writer.CompleteAsync();

        Assert.Equal(0, await stream.ReadAsync(new byte[10], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task EmptyRead_NothingThere_CompletesWithTheDataAndTheNextReadNeedsNone()
    {
        await using var stream = Connect();

        var asking = stream.ReadAsync(Memory<byte>.Empty, TestContext.Current.CancellationToken).AsTask();
        Assert.False(asking.IsCompleted);
        await _origin.Writer.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal(0, await asking.Within());
        Assert.Equal(0, await stream.ReadAsync(Memory<byte>.Empty, TestContext.Current.CancellationToken));

        Assert.Equal("hel", await ReadAsync(stream, 3));
        Assert.Equal("lo", await ReadAsync(stream, 100_000));
        Assert.Equal([OriginConnectionStream.AheadLength], _asked);
    }

    [Fact]
    public async Task SmallReads_MoreIsThere_MadeOfOneLargerRead()
    {
        await using var stream = Connect();
        await _origin.Writer.WriteAsync("hello world"u8.ToArray(), TestContext.Current.CancellationToken);

        Assert.Equal("hello", await ReadAsync(stream, 5));
        Assert.Equal(" world", await ReadAsync(stream, 10));
        Assert.Equal([OriginConnectionStream.AheadLength], _asked);
    }

    [Fact]
    public async Task LargeRead_NothingAhead_GoesStraightToItsBuffer()
    {
        await using var stream = Connect();
        await _origin.Writer.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);

        Assert.Equal("hello", await ReadAsync(stream, 65_536));
        Assert.Equal([65_536], _asked);
    }

    [Fact]
    public async Task LargeContent_AskedForWithEmptyReads_OnlyItsBeginningReadAhead()
    {
        const int Large = 65_536;
        await using var stream = Connect();
        await _origin.Writer.WriteAsync(new byte[OriginConnectionStream.AheadLength + Large + 100], TestContext.Current.CancellationToken);

        Assert.Equal(4096, (await ReadAsync(stream, 4096)).Length);
        foreach (var expected in (int[])[OriginConnectionStream.AheadLength - 4096, Large, 100])
        {
            Assert.Equal(0, await stream.ReadAsync(Memory<byte>.Empty, TestContext.Current.CancellationToken));
            Assert.Equal(expected, (await ReadAsync(stream, Large)).Length);
        }

        Assert.Equal([OriginConnectionStream.AheadLength, 0, Large, 0, Large], _asked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EmptyRead_ConnectionEnds_CompletesAndTheNextReadSaysHow(bool asked)
    {
        await using var stream = Connect();
        if (asked)
        {
            await stream.WriteAsync("GET"u8.ToArray(), TestContext.Current.CancellationToken);
        }

        var asking = stream.ReadAsync(Memory<byte>.Empty, TestContext.Current.CancellationToken).AsTask();
        await _origin.Writer.CompleteAsync();

        Assert.Equal(0, await asking.Within());
        if (asked)
        {
            await Assert.ThrowsAsync<IOException>(() => ReadAsync(stream, 10));
        }
        else
        {
            Assert.Equal("", await ReadAsync(stream, 10));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public async Task Read_ConnectionBreaks_ThrowsAsItDid(int length)
    {
        await using var stream = Connect();

        var reading = ReadAsync(stream, length);
        await _origin.Writer.CompleteAsync(new IOException("broken"));

        Assert.Equal("broken", (await Assert.ThrowsAsync<IOException>(() => reading)).Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public async Task Read_Cancelled_NothingIsLost(int length)
    {
        await using var stream = Connect();
        using var cancellation = new CancellationTokenSource();
        var reading = stream.ReadAsync(new byte[length], cancellation.Token).AsTask();

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await _origin.Writer.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);

        Assert.Equal("hello", await ReadAsync(stream, 10));
    }

    [Fact]
    public async Task Reads_OfAnyLength_AllBytesInOrder()
    {
        var content = new byte[1_000_000];
        new Random(17).NextBytes(content);
        await using var stream = Connect();
        var writing = _origin.Writer.WriteAsync(content, TestContext.Current.CancellationToken).AsTask();
        var lengths = new Random(18);
        using var received = new MemoryStream();

        while (received.Length < content.Length)
        {
            var buffer = new byte[lengths.Next(4) switch { 0 => 0, 1 => lengths.Next(1, 100), 2 => 4096, _ => 65_536 }];
            received.Write(buffer, 0, await stream.ReadAsync(buffer, TestContext.Current.CancellationToken).Within());
        }

        await writing.Within();
        Assert.Equal(content, received.ToArray());
    }

    private static async Task<string> ReadAsync(OriginConnectionStream stream, int length)
    {
        var buffer = new byte[length];
        var count = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken).Within();
        return Encoding.ASCII.GetString(buffer, 0, count);
    }

    private OriginConnectionStream Connect() => new(new TwoWayStream(_origin.Reader.AsStream(), _asked));

    private sealed class TwoWayStream(Stream reader, List<int> asked) : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            asked.Add(buffer.Length);
            return reader.ReadAsync(buffer, cancellationToken);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => default;
    }
}
