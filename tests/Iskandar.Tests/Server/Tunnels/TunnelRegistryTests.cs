using Iskandar.Protocol.Connections;
using Iskandar.Server.Configuration;
using Iskandar.Server.Tunnels;
using Iskandar.Tests.Infrastructure;
using Iskandar.Tests.Protocol.Connections;
using Microsoft.Extensions.Options;

namespace Iskandar.Tests.Server.Tunnels;

public sealed class TunnelRegistryTests
{
    private const int Most = 10;

    private readonly TunnelRegistry _registry = new(Options.Create(new IskandarServerOptions { MaxTunnels = Most }));

    [Fact]
    public void TryTake_AsManyAsAllowed_ServerFullUntilOneIsReleased()
    {
        var tunnels = Enumerable.Range(0, Most).Select(_ => Take()).ToArray();
        Assert.Equal(Most, tunnels.Select(static tunnel => tunnel.Name).Distinct().Count());
        Assert.Equal(ExchangeError.ServerFull, _registry.TryTake(out var refused));
        Assert.Null(refused);

        _registry.Release(tunnels[3]);

        Take();
        Assert.Equal(ExchangeError.ServerFull, _registry.TryTake(out _));
    }

    [Fact]
    public void Release_Twice_CountsOnce()
    {
        var tunnel = Take();
        _registry.Release(tunnel);
        _registry.Release(tunnel);

        for (var i = 0; i < Most; i++)
        {
            Take();
        }

        Assert.Equal(ExchangeError.ServerFull, _registry.TryTake(out _));
    }

    [Fact]
    public async Task TryFind_OnlyWhileConnected_Found()
    {
        await using var stage = await GatewayStage.StartAsync();
        var tunnel = Take();
        Assert.True(_registry.TryFind(tunnel.Name, out var found));
        Assert.Null(found.Connection);

        tunnel.Attach(stage.Connection);
        Assert.True(_registry.TryFind(tunnel.Name, out found));
        Assert.True(_registry.TryFind(tunnel.Name.ToUpperInvariant(), out _));
        Assert.Same(stage.Connection, found.Connection);
        Assert.Equal(tunnel.Name, Assert.Single(_registry.Tunnels).Name);

        _registry.Release(tunnel);
        Assert.False(_registry.TryFind(tunnel.Name, out _));
        Assert.Empty(_registry.Tunnels);
    }

    [Fact]
    public async Task TryTake_Concurrent_NeverMoreThanAllowed()
    {
        var held = 0;
        var most = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            () =>
            {
                var mine = new Stack<Tunnel>();
                for (var round = 0; round < 2_000; round++)
                {
                    if (round % 3 != 2 && _registry.TryTake(out var tunnel) == ExchangeError.None)
                    {
                        mine.Push(tunnel!);
                        InterlockedMax(ref most, Interlocked.Increment(ref held));
                    }
                    else if (mine.TryPop(out var last))
                    {
                        Interlocked.Decrement(ref held);
                        _registry.Release(last);
                    }
                }

                foreach (var tunnel in mine)
                {
                    Interlocked.Decrement(ref held);
                    _registry.Release(tunnel);
                }
            },
            Bounded.Token))).Within();

        Assert.InRange(most, 1, Most);
        Assert.Empty(_registry.Tunnels);
        for (var i = 0; i < Most; i++)
        {
            Take();
        }
    }

    [Fact]
    public async Task Drain_Tunnels_NoNewOnesAndTheOldOnesClosed()
    {
        await using var stage = await GatewayStage.StartAsync();
        var tunnel = Take();
        tunnel.Attach(stage.Connection);
        Take();

        var drained = _registry.DrainAsync(CancellationToken.None);

        Assert.True(_registry.IsStopping);
        Assert.Equal(ExchangeError.ServerStopping, _registry.TryTake(out _));
        Assert.Equal(System.Net.WebSockets.WebSocketCloseStatus.EndpointUnavailable, await stage.Client.CloseFrameAsync());
        await stage.Client.CloseAsync();
        await drained.Within();
    }

    private Tunnel Take()
    {
        Assert.Equal(ExchangeError.None, _registry.TryTake(out var tunnel));
        return tunnel!;
    }

    private static void InterlockedMax(ref int target, int value)
    {
        var seen = Volatile.Read(ref target);
        while (value > seen && Interlocked.CompareExchange(ref target, value, seen) is var other && other != seen)
        {
            seen = other;
        }
    }
}
