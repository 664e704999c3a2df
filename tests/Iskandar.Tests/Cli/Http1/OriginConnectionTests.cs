using System.Buffers;
using System.Text;
using Iskandar.Cli.Forwarding.Http1;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Cli.Http1;

public sealed class OriginConnectionTests : IDisposable
{
    private readonly Stream _origin;
    private readonly OriginConnection _connection;

    public OriginConnectionTests()
    {
        (var client, _origin) = DuplexStream.CreatePair(1024 * 1024);
        _connection = new OriginConnection(client);
    }

    public void Dispose() => _connection.Dispose();

    [Fact]
    public async Task Read_MoreBehindWhatIsThere_InOrder()
    {
        await _origin.SayAsync("one ");
        Assert.Equal(4, await _connection.ReadAsync().Within());
        _connection.Take(2);
        await _origin.SayAsync("two");

        Assert.Equal(3, await _connection.ReadAsync().Within());

        Assert.Equal("e two", Encoding.ASCII.GetString(_connection.Unread.Span));
        Assert.True(_connection.IsAnswered);
    }

    [Fact]
    public async Task Read_ALongHead_RoomForItUpTo64KiB()
    {
        var head = string.Concat(Enumerable.Range(10_000, 20_000));
        await _origin.SayAsync(head);

        while (_connection.Unread.Length < OriginConnection.MostHead)
        {
            Assert.NotEqual(0, await _connection.ReadAsync().Within());
        }

        Assert.Equal(head[..OriginConnection.MostHead], Encoding.ASCII.GetString(_connection.Unread.Span));
        await Assert.ThrowsAsync<MalformedResponseException>(async () => await _connection.ReadAsync());
    }

    [Fact]
    public async Task Read_FullWithSomeTaken_TheRestKept()
    {
        var head = string.Concat(Enumerable.Range(10_000, 40_000));
        await _origin.SayAsync(head);
        var taken = 0;
        while (taken < head.Length)
        {
            Assert.NotEqual(0, await _connection.ReadAsync().Within());
            var length = Math.Max(1, _connection.Unread.Length / 3);
            Assert.Equal(head.Substring(taken, length), Encoding.ASCII.GetString(_connection.Unread.Span[..length]));
            _connection.Take(length);
            taken += length;
            if (taken + _connection.Unread.Length == head.Length)
            {
                break;
            }
        }

        Assert.Equal(head[taken..], Encoding.ASCII.GetString(_connection.Unread.Span));
    }

    [Fact]
    public async Task Read_AtTheEnd_Zero()
    {
        await _origin.DisposeAsync();

        Assert.Equal(0, await _connection.ReadAsync().Within());

        Assert.False(_connection.IsAnswered);
    }

    [Fact]
    public async Task Abort_WhileReading_ReadFails()
    {
        var reading = _connection.ReadAsync().AsTask();

        _connection.Abort();

        await Assert.ThrowsAnyAsync<IOException>(() => reading.Within());
        Assert.False(_connection.IsUsable);
        Assert.False(_connection.TryRest(0));
    }

    [Fact]
    public async Task Abort_BeforeAReadBegins_ReadFailsLikeAnyBreak()
    {
        _connection.Abort();

        await Assert.ThrowsAnyAsync<IOException>(async () => await _connection.ReadAsync());
    }

    [Fact]
    public async Task Stream_ThatThrowsAtOnce_ReadFailsLikeAnyBreak()
    {
        using var connection = new OriginConnection(new ClosedStream());

        await Assert.ThrowsAnyAsync<IOException>(async () => await connection.ReadAsync());
        Assert.False(connection.TryRest(0));
    }

    [Fact]
    public async Task Rest_ThenTheNextAnswer_FromTheReadThatWaited()
    {
        await _origin.SayAsync("first");
        await _connection.ReadAsync().Within();
        _connection.Take(5);

        Assert.True(_connection.TryRest(42));
        Assert.Equal((true, false, 42, true), (_connection.IsReused, _connection.IsAnswered, _connection.LastUsed, _connection.IsUsable));
        await _origin.SayAsync("second");

        Assert.Equal(6, await _connection.ReadAsync().Within());
        Assert.Equal("second", Encoding.ASCII.GetString(_connection.Unread.Span));
    }

    [Fact]
    public async Task Rest_AfterALongAnswer_TheNextOneWhole()
    {
        for (var i = 0; i < 3; i++)
        {
            var answer = string.Concat(Enumerable.Range(10_000 * (i + 1), 9_000));
            await _origin.SayAsync(answer);
            var read = new StringBuilder();
            while (read.Length < answer.Length)
            {
                Assert.NotEqual(0, await _connection.ReadAsync().Within());
                read.Append(Encoding.ASCII.GetString(_connection.Unread.Span));
                _connection.Take(_connection.Unread.Length);
            }

            Assert.Equal(answer, read.ToString());
            Assert.True(_connection.TryRest(0));
        }
    }

    [Fact]
    public async Task Rest_WithBytesLeftOrUnsent_Refused()
    {
        _connection.Output.Write("unsent"u8);
        Assert.False(_connection.TryRest(0));
        await _connection.FlushAsync(Bounded.Token).Within();
        Assert.Equal("unsent", await _origin.HearAsync(6));

        await _origin.SayAsync("left");
        await _connection.ReadAsync().Within();
        Assert.False(_connection.TryRest(0));
    }

    [Fact]
    public async Task Flush_OneWriteForAllThatWasGathered_ThenNothing()
    {
        _connection.Output.Write("one "u8);
        _connection.Output.Write("two"u8);

        await _connection.FlushAsync(Bounded.Token).Within();
        await _connection.FlushAsync(Bounded.Token).Within();
        _connection.Output.Write("!"u8);
        await _connection.FlushAsync(Bounded.Token).Within();
        _connection.Dispose();

        Assert.Equal("one two!", await _origin.HearToEndAsync());
    }

    /// <summary>As a socket's stream is when it has been closed.</summary>
    private sealed class ClosedStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new ObjectDisposedException(nameof(ClosedStream));
    }
}
