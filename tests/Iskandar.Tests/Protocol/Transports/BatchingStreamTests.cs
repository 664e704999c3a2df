using Iskandar.Protocol.Transports;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Transports;

public sealed class BatchingStreamTests : IDisposable
{
    private readonly CountingStream _inner;
    private readonly DuplexStream _peer;
    private readonly BatchingStream _stream;

    public BatchingStreamTests()
    {
        var (left, right) = DuplexStream.CreatePair(capacity: 16 * 1024 * 1024);
        _inner = new CountingStream(left);
        _peer = right;
        _stream = new BatchingStream(_inner, readAhead: 100);
    }

    [Fact]
    public async Task Write_NotHeld_EachAtOnce()
    {
        await WriteAsync("one", "two");

        Assert.Equal(2, _inner.Writes);
        Assert.Equal("onetwo", await ReadPeerAsync(6));
    }

    [Fact]
    public async Task Write_Held_AllInOneOnRelease()
    {
        _stream.Hold();
        await WriteAsync("one", "two", "three");
        Assert.Equal(0, _inner.Writes);

        await _stream.ReleaseAsync(Bounded.Token);

        Assert.Equal(1, _inner.Writes);
        Assert.Equal("onetwothree", await ReadPeerAsync(11));
        await WriteAsync("four");
        Assert.Equal((2, "four"), (_inner.Writes, await ReadPeerAsync(4)));
    }

    [Fact]
    public async Task Release_NothingGathered_NothingWritten()
    {
        _stream.Hold();
        await _stream.ReleaseAsync(Bounded.Token);
        await _stream.ReleaseAsync(Bounded.Token);

        Assert.Equal(0, _inner.Writes);
    }

    [Fact]
    public async Task Write_HeldAndLarge_BoundedAndInOrder()
    {
        var content = Enumerable.Range(0, 3_000_000).Select(static i => (byte)(i % 251)).ToArray();
        _stream.Hold();
        for (var at = 0; at < content.Length; at += 100_000)
        {
            await _stream.WriteAsync(content.AsMemory(at, 100_000), Bounded.Token);
        }

        Assert.True(_inner.LargestWrite <= 512 * 1024);
        await _stream.ReleaseAsync(Bounded.Token);

        var received = new byte[content.Length];
        await _peer.ReadExactlyAsync(received, Bounded.Token).AsTask().Within();
        Assert.Equal(content, received);
    }

    [Fact]
    public async Task Write_FromSeveralWhileHeldAndReleased_EachWholeAndInItsOrder()
    {
        const int Writes = 2_000;
        var writing = Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(
            async () =>
            {
                for (var i = 0; i < Writes; i++)
                {
                    if (writer == 0 && i % 10 == 0)
                    {
                        _stream.Hold();
                    }

                    await _stream.WriteAsync(new byte[] { (byte)writer, (byte)(i >> 8), (byte)i }, Bounded.Token);
                    if (writer == 0 && i % 10 == 9)
                    {
                        await _stream.ReleaseAsync(Bounded.Token);
                    }
                }
            },
            Bounded.Token)));
        await writing.Within();

        var next = new int[4];
        var received = new byte[3];
        for (var i = 0; i < 4 * Writes; i++)
        {
            await _peer.ReadExactlyAsync(received, Bounded.Token).AsTask().Within();
            Assert.Equal(next[received[0]]++, (received[1] << 8) + received[2]);
        }
    }

    [Fact]
    public async Task Read_SmallPieces_FewReadsBelow()
    {
        await _peer.WriteAsync(Enumerable.Range(0, 90).Select(static i => (byte)i).ToArray(), Bounded.Token);
        for (var i = 0; i < 90; i += 2)
        {
            var pair = new byte[2];
            await _stream.ReadExactlyAsync(pair, Bounded.Token).AsTask().Within();
            Assert.Equal([(byte)i, (byte)(i + 1)], pair);
        }

        Assert.Equal(1, _inner.Reads);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task Read_AnySizes_TheSameBytes(int readAhead)
    {
        await using var stream = new BatchingStream(_inner, readAhead);
        var content = Enumerable.Range(0, 5_000).Select(static i => (byte)(i % 253)).ToArray();
        await _peer.WriteAsync(content, Bounded.Token);
        _peer.Dispose();

        using var received = new MemoryStream();
        for (var size = 0; ; size = (size + 3) % 200)
        {
            var buffer = new byte[size];
            var count = await stream.ReadAsync(buffer.AsMemory(), Bounded.Token).AsTask().Within();
            if (count == 0 && size > 0)
            {
                break;
            }

            received.Write(buffer, 0, count);
        }

        Assert.Equal(content, received.ToArray());
    }

    public void Dispose()
    {
        _stream.Dispose();
        _peer.Dispose();
    }

    private async Task WriteAsync(params string[] pieces)
    {
        foreach (var piece in pieces)
        {
            await _stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(piece), Bounded.Token);
        }
    }

    private async Task<string> ReadPeerAsync(int length)
    {
        var bytes = new byte[length];
        await _peer.ReadExactlyAsync(bytes, Bounded.Token).AsTask().Within();
        return System.Text.Encoding.ASCII.GetString(bytes);
    }
}
