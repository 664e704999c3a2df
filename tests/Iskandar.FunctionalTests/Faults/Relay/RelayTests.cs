using System.Net;
using System.Net.Sockets;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Faults.Relay;

/// <summary>The relay does what it says: what the other tests find is not its own fault.</summary>
public sealed class RelayTests : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _sockets = [];
    private readonly FaultRelay _relay;

    public RelayTests()
    {
        _listener.Start();
        _relay = new FaultRelay(((IPEndPoint)_listener.LocalEndpoint).Port);
    }

    [Fact]
    public async Task NoFault_BothDirections_AreCarriedToTheirEnds()
    {
        var (client, server) = await ConnectAsync();
        var content = Bytes(1_000_000);

        var sending = Task.WhenAll(SendAsync(client, content), SendAsync(server, content));
        var received = await Task.WhenAll(ReadAsync(client, content.Length), ReadAsync(server, content.Length));
        await sending;
        client.Shutdown(SocketShutdown.Send);

        Assert.All(received, bytes => Assert.Equal(content, bytes));
        Assert.Equal(0, await server.ReceiveAsync(new byte[1], Bounded.Token()));
        await SendAsync(server, content[..3]);
        Assert.Equal(content[..3], await ReadAsync(client, 3));
        Assert.Equal(0, _relay.Cuts);
    }

    [Theory]
    [InlineData(Cut.Reset)]
    [InlineData(Cut.Fin)]
    public async Task Cut_AfterSoManyBytes_IsAtExactlyThatByteOnBothSides(Cut cut)
    {
        var (client, server) = await ConnectAsync();
        var planned = _relay.CutAfterAsync(Direction.ToServer, 12_345, cut);

        await SendAsync(client, Bytes(20_000));
        await planned;

        Assert.Equal(Bytes(20_000)[..12_345], await ReadToEndAsync(server));
        Assert.Empty(await ReadToEndAsync(client));
        Assert.Equal(1, _relay.Cuts);
    }

    [Fact]
    public async Task Cut_Reset_IsAReset()
    {
        var (client, server) = await ConnectAsync();

        _relay.CutNow(Cut.Reset);

        foreach (var socket in (Socket[])[client, server])
        {
            var fault = await Assert.ThrowsAsync<SocketException>(async () => await socket.ReceiveAsync(new byte[1], Bounded.Token()));
            Assert.Equal(SocketError.ConnectionReset, fault.SocketErrorCode);
        }
    }

    [Fact]
    public async Task Cut_Forsaken_ServerHearsNothingOfIt()
    {
        var (client, server) = await ConnectAsync();
        var hearing = server.ReceiveAsync(new byte[1].AsMemory(), Bounded.Token()).AsTask();

        _relay.CutNow(Cut.Forsaken);

        Assert.Empty(await ReadToEndAsync(client));
        var (secondClient, secondServer) = await ConnectAsync();
        await SendAsync(secondClient, Bytes(1));
        Assert.Equal(Bytes(1), await ReadAsync(secondServer, 1));
        Assert.False(hearing.IsCompleted);
    }

    [Fact]
    public async Task Stall_OneDirection_HoldsItAndLeavesTheOther()
    {
        var (client, server) = await ConnectAsync();
        _relay.Conditions.Stall(Direction.ToServer);
        await SendAsync(client, Bytes(1_000));
        var reading = ReadAsync(server, 1_000);

        await SendAsync(server, Bytes(2_000));

        Assert.Equal(Bytes(2_000), await ReadAsync(client, 2_000));
        Assert.False(reading.IsCompleted);
        _relay.Conditions.Release();
        Assert.Equal(Bytes(1_000), await reading);
    }

    [Fact]
    public async Task Blackhole_Connections_StayAndAreTakenAndHearNothing()
    {
        var (client, server) = await ConnectAsync();
        _relay.Conditions.Blackhole();

        await SendAsync(client, Bytes(10));
        client.Shutdown(SocketShutdown.Send);
        await SendAsync(server, Bytes(20));
        var second = await DialAsync();
        await SendAsync(second, Bytes(30));

        Assert.Equal(0, _relay.Traffic.Passed(Direction.ToServer) + _relay.Traffic.Passed(Direction.ToClient));
        Assert.False(_listener.Pending());
        _relay.Conditions.Release();
        Assert.Equal(Bytes(10), await ReadToEndAsync(server));
        Assert.Equal(Bytes(20), await ReadAsync(client, 20));
        Assert.Equal(Bytes(30), await ReadAsync(await AcceptAsync(), 30));
    }

    [Fact]
    public async Task Delay_EachDirection_IsWaited()
    {
        var (client, server) = await ConnectAsync();
        _relay.Conditions.Delay = TimeSpan.FromMilliseconds(50);
        var start = TimeProvider.System.GetTimestamp();

        await SendAsync(client, Bytes(1));
        await ReadAsync(server, 1);
        await SendAsync(server, Bytes(1));
        await ReadAsync(client, 1);

        Assert.InRange(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds, 90, 10_000);
    }

    [Fact]
    public async Task Throttle_ByteRate_IsKept()
    {
        var (client, server) = await ConnectAsync();
        _relay.Conditions.BytesPerSecond = 100_000;
        var start = TimeProvider.System.GetTimestamp();

        await SendAsync(client, Bytes(20_000));

        Assert.Equal(Bytes(20_000), await ReadAsync(server, 20_000));
        Assert.InRange(TimeProvider.System.GetElapsedTime(start).TotalSeconds, 0.15, 10);
    }

    [Fact]
    public async Task Fragments_Bytes_ComeOneByOneAndInOrder()
    {
        var (client, server) = await ConnectAsync();
        _relay.Conditions.IsFragmenting = true;
        var hole = _relay.Traffic.AfterAsync(Direction.ToServer, 1, _ => _relay.Conditions.Blackhole());

        await SendAsync(client, Bytes(5_000));
        await hole;

        // Had it been written with others, they would have come with it.
        Assert.Equal(1, await server.ReceiveAsync(new byte[5_000], Bounded.Token()));
        _relay.Conditions.Release();
        Assert.Equal(Bytes(5_000)[1..], await ReadAsync(server, 4_999));
    }

    [Fact]
    public async Task Refuse_AndAcceptAgain_OnTheSamePort()
    {
        await ConnectAsync();
        await _relay.RefuseAsync();

        var fault = await Assert.ThrowsAsync<SocketException>(DialAsync);

        Assert.Equal(SocketError.ConnectionRefused, fault.SocketErrorCode);
        _relay.Accept();
        await ConnectAsync();
    }

    [Fact]
    public async Task Target_DoesNotListen_ClientIsReset()
    {
        _listener.Stop();
        _relay.Conditions.Blackhole();
        var client = await DialAsync();
        _relay.Conditions.Release();

        Assert.Empty(await ReadToEndAsync(client));
        await _relay.WaitAsync(static relay => relay.IsIdle, "no connection");
    }

    public async ValueTask DisposeAsync()
    {
        await _relay.DisposeAsync();
        _listener.Stop();
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }

    private async Task<(Socket Client, Socket Server)> ConnectAsync()
    {
        var connections = _relay.Connections.Count;
        var ends = (await DialAsync(), await AcceptAsync());

        // The listener may have it before the relay knows.
        await _relay.WaitAsync(relay => relay.Connections.Count > connections, "a connection");
        return ends;
    }

    private async Task<Socket> AcceptAsync()
    {
        var socket = await _listener.AcceptSocketAsync(Bounded.Token());
        _sockets.Add(socket);
        return socket;
    }

    private async Task<Socket> DialAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _sockets.Add(socket);
        await socket.ConnectAsync(IPAddress.Loopback, _relay.Port, Bounded.Token());
        return socket;
    }

    private static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(static number => (byte)(number * 31 / 7))];

    private static async Task SendAsync(Socket socket, byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent), SocketFlags.None, Bounded.Token());
        }
    }

    private static async Task<byte[]> ReadAsync(Socket socket, int count)
    {
        var bytes = new byte[count];
        for (var read = 0; read < count;)
        {
            var more = await socket.ReceiveAsync(bytes.AsMemory(read), Bounded.Token());
            Assert.True(more > 0, $"The connection ended after {read} of {count} bytes.");
            read += more;
        }

        return bytes;
    }

    /// <summary>All that comes until the end, of whichever kind it is.</summary>
    private static async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        var all = new MemoryStream();
        var buffer = new byte[16 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), Bounded.Token()) is var count and > 0)
            {
                all.Write(buffer, 0, count);
            }
        }
        catch (SocketException)
        {
            // A reset.
        }

        return all.ToArray();
    }
}
