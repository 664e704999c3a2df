using System.Net.Sockets;
using Iskandar.Cli.Forwarding.Http1;
using Iskandar.Tests.Infrastructure;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Cli.Http1;

public sealed class OriginConnectionPoolTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<Stream> _origins = [];
    private readonly OriginConnectionPool _pool;

    public OriginConnectionPoolTests() => _pool = new OriginConnectionPool(
        _ =>
        {
            var (client, origin) = DuplexStream.CreatePair();
            _origins.Add(origin);
            return new ValueTask<Stream>(client);
        },
        _time);

    public void Dispose() => _pool.Dispose();

    [Fact]
    public async Task Take_NoneOrAllTaken_Null()
    {
        Assert.Null(_pool.TryTake(TimeSpan.MaxValue));
        var connection = await ConnectAsync();
        Assert.False(connection.IsReused);
        Assert.Null(_pool.TryTake(TimeSpan.MaxValue));

        _pool.Return(connection);

        Assert.Same(connection, _pool.TryTake(TimeSpan.MaxValue));
        Assert.True(connection.IsReused);
        Assert.Null(_pool.TryTake(TimeSpan.MaxValue));
    }

    [Fact]
    public async Task Take_Several_TheOneUsedLastFirst()
    {
        OriginConnection[] connections = [await ConnectAsync(), await ConnectAsync(), await ConnectAsync()];
        foreach (var i in (int[])[1, 2, 0])
        {
            _pool.Return(connections[i]);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal([connections[0], connections[2], connections[1], null], Enumerable.Range(0, 4).Select(_ => _pool.TryTake(TimeSpan.MaxValue)));
    }

    [Fact]
    public async Task Take_IdleForLongerThanAskedFor_LeftForOthers()
    {
        var connection = await ConnectAsync();
        _pool.Return(connection);
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Null(_pool.TryTake(TimeSpan.FromSeconds(4)));
        Assert.Same(connection, _pool.TryTake(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task Take_ClosedMeanwhile_TheOneBelow()
    {
        var (below, above) = (await ConnectAsync(), await ConnectAsync());
        _pool.Return(below);
        _pool.Return(above);

        await _origins[1].DisposeAsync();
        await Bounded.UntilAsync(() => !above.IsUsable, "the end is noticed");

        Assert.Same(below, _pool.TryTake(TimeSpan.MaxValue));
        Assert.Null(_pool.TryTake(TimeSpan.MaxValue));
    }

    [Fact]
    public async Task Take_BytesThatNobodyAskedFor_NotTakenAndEnded()
    {
        var connection = await ConnectAsync();
        _pool.Return(connection);

        await _origins[0].SayAsync("HTTP/1.1 408 Request Timeout\r\n\r\n");
        await Bounded.UntilAsync(() => !connection.IsUsable, "the bytes are noticed");

        Assert.Null(_pool.TryTake(TimeSpan.MaxValue));
        Assert.Equal("", await _origins[0].HearToEndAsync());
    }

    [Fact]
    public async Task Return_WithBytesLeft_Ended()
    {
        var connection = await ConnectAsync();
        await _origins[0].SayAsync("left");
        Assert.Equal(4, await connection.ReadAsync().Within());
        connection.Take(3);

        _pool.Return(connection);

        Assert.Null(_pool.TryTake(TimeSpan.MaxValue));
        Assert.Equal("", await _origins[0].HearToEndAsync());
    }

    [Fact]
    public async Task Return_Aborted_NotKept()
    {
        var connection = await ConnectAsync();
        connection.Abort();

        _pool.Return(connection);

        Assert.Null(_pool.TryTake(TimeSpan.MaxValue));
    }

    [Fact]
    public async Task Sweep_IdleForAMinute_Ended()
    {
        var (older, newer) = (await ConnectAsync(), await ConnectAsync());
        _pool.Return(older);
        _time.Advance(TimeSpan.FromSeconds(30));
        _pool.Return(newer);

        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.True(older.IsUsable);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("", await _origins[0].HearToEndAsync());
        Assert.Equal((false, true), (older.IsUsable, newer.IsUsable));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("", await _origins[1].HearToEndAsync());
    }

    [Fact]
    public async Task Sweep_ClosedByTheOrigin_Ended()
    {
        var connection = await ConnectAsync();
        var other = await ConnectAsync();
        _pool.Return(connection);
        _pool.Return(other);
        await _origins[0].SayAsync("unasked");
        await Bounded.UntilAsync(() => !connection.IsUsable, "the bytes are noticed");

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal("", await _origins[0].HearToEndAsync());
        Assert.Same(other, _pool.TryTake(TimeSpan.MaxValue));
    }

    [Fact]
    public async Task Sweep_InUse_LeftAlone()
    {
        var connection = await ConnectAsync();
        _pool.Return(connection);
        Assert.Same(connection, _pool.TryTake(TimeSpan.MaxValue));

        _time.Advance(TimeSpan.FromMinutes(10));

        Assert.True(connection.IsUsable);
        _pool.Return(connection);
        Assert.Same(connection, _pool.TryTake(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task Disposal_IdleOnes_EndedAndThoseInUseWhenTheyComeBack()
    {
        var (idle, busy) = (await ConnectAsync(), await ConnectAsync());
        _pool.Return(idle);

        _pool.Dispose();

        Assert.Equal("", await _origins[0].HearToEndAsync());
        Assert.True(busy.IsUsable);
        _pool.Return(busy);
        Assert.Equal("", await _origins[1].HearToEndAsync());
        Assert.Null(_pool.TryTake(TimeSpan.MaxValue));
    }

    [Fact]
    public async Task Connect_Faults_UnreachableOrWhatTheyAre()
    {
        Assert.Equal("refused", (await Assert.ThrowsAsync<OriginUnreachableException>(() => ConnectAsync(new IOException("refused")))).Message);
        Assert.IsType<SocketException>((await Assert.ThrowsAsync<OriginUnreachableException>(() => ConnectAsync(new SocketException(10061)))).GetBaseException());
        await Assert.ThrowsAsync<InvalidOperationException>(() => ConnectAsync(new InvalidOperationException()));

        async Task<OriginConnection> ConnectAsync(Exception fault)
        {
            using var pool = new OriginConnectionPool(_ => ValueTask.FromException<Stream>(fault), _time);
            return await pool.ConnectAsync(Bounded.Token).Within();
        }
    }

    [Fact]
    public async Task Connect_TooLong_UnreachableAndOnlyThen()
    {
        using var pool = new OriginConnectionPool(static async cancellationToken => await new TaskCompletionSource<Stream>().Task.WaitAsync(cancellationToken), _time);
        var connecting = pool.ConnectAsync(Bounded.Token).AsTask();

        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(connecting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));

        await Assert.ThrowsAsync<OriginUnreachableException>(() => connecting.Within());
    }

    [Fact]
    public async Task Connect_Cancelled_SaysSo()
    {
        using var pool = new OriginConnectionPool(static async cancellationToken => await new TaskCompletionSource<Stream>().Task.WaitAsync(cancellationToken), _time);
        using var leaving = new CancellationTokenSource();
        var connecting = pool.ConnectAsync(leaving.Token).AsTask();

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.Within());
    }

    private Task<OriginConnection> ConnectAsync() => _pool.ConnectAsync(Bounded.Token).Within();
}
