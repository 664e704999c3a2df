using Iskandar.Protocol.Connections;
using Iskandar.Server.Configuration;
using Iskandar.Server.Tunnels;
using Iskandar.Tests.Infrastructure;
using Microsoft.Extensions.Options;

namespace Iskandar.Tests.Server.Tunnels;

/// <summary>
/// The rules of who owns a name (docs/reliability.md, "States"), in every order in which the steps of a few opening handshakes, of the ends of their connections and of the
/// server's stop can come.
/// </summary>
public sealed class TunnelOwnershipTests
{
    private const string Name = "mine";

    private enum Kind
    {
        /// <summary>Claims the name and keeps it.</summary>
        Stays,

        /// <summary>Claims the name and is lost afterwards.</summary>
        Leaves,

        /// <summary>Claims the name and breaks its handshake off.</summary>
        Fails,

        /// <summary>The server stops.</summary>
        Drain,
    }

    [Fact]
    public void ThreeClaims_EveryOrder_OneOwnerTheNewestAndNoGhost()
    {
        var count = 0;
        foreach (var first in (Kind[])[Kind.Stays, Kind.Fails])
        {
            foreach (var second in (Kind[])[Kind.Stays, Kind.Fails])
            {
                count += TryAll(first, second, Kind.Stays);
            }
        }

        Assert.True(count > 30_000, $"{count} orders.");
    }

    [Fact]
    public void TwoClaimsAndTheirEnds_EveryOrder_OneOwnerTheNewestAndNoGhost()
    {
        var count = TryAll(Kind.Leaves, Kind.Leaves) + TryAll(Kind.Leaves, Kind.Stays) + TryAll(Kind.Stays, Kind.Leaves);
        Assert.True(count > 900, $"{count} orders.");
    }

    [Fact]
    public void TwoClaimsAndTheStop_EveryOrder_NothingIsLeft()
    {
        var count = TryAll(Kind.Stays, Kind.Stays, Kind.Drain) + TryAll(Kind.Leaves, Kind.Stays, Kind.Drain) + TryAll(Kind.Fails, Kind.Stays, Kind.Drain);
        Assert.True(count > 1_000, $"{count} orders.");
    }

    [Fact]
    public async Task ManyClaims_Concurrent_OneOwnerAndTheCountDoesntLeak()
    {
        const int Most = 100;
        const int Clients = 8;
        var registry = NewRegistry(Most);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(
            () =>
            {
                var random = new Random(client);
                var mine = new Queue<Tunnel>();
                for (var round = 0; round < 5_000; round++)
                {
                    var refusal = random.Next(4) == 0
                        ? registry.TryTake(out var tunnel)
                        : registry.TryClaim($"name{random.Next(3)}", out tunnel, out _);
                    Assert.Equal(ExchangeError.None, refusal);
                    mine.Enqueue(tunnel!);
                    if (mine.Count > 5)
                    {
                        registry.Release(mine.Dequeue());
                    }
                }

                foreach (var tunnel in mine)
                {
                    registry.Release(tunnel);
                }
            },
            Bounded.Token))).Within();

        Assert.Empty(registry.Tunnels);
        for (var i = 0; i < Most; i++)
        {
            Assert.Equal(ExchangeError.None, registry.TryTake(out _));
        }

        Assert.Equal(ExchangeError.ServerFull, registry.TryTake(out _));
    }

    private static TunnelRegistry NewRegistry(int most) => new(Options.Create(new IskandarServerOptions { MaxTunnels = most }));

    // Plays every order of the clients' steps, each from the beginning.
    private static int TryAll(params Kind[] kinds)
    {
        var count = 0;
        var lengths = kinds.Select(static kind => new World(1).Steps(kind).Count()).ToArray();
        Next([]);
        return count;

        void Next(int[] order)
        {
            if (order.Length == lengths.Sum())
            {
                Play(kinds, order);
                count++;
                return;
            }

            for (var client = 0; client < kinds.Length; client++)
            {
                if (order.Count(step => step == client) < lengths[client])
                {
                    Next([.. order, client]);
                }
            }
        }
    }

    private static void Play(Kind[] kinds, int[] order)
    {
        // One tunnel is all that the server takes: whoever displaces needs no place of its own, and a place that leaks is missed.
        var world = new World(most: 1);
        var clients = kinds.Select(kind => world.Steps(kind).GetEnumerator()).ToArray();
        foreach (var client in order)
        {
            clients[client].MoveNext();
            world.Check(order);
        }

        // One that was displaced has something left to do.
        foreach (var client in clients)
        {
            while (client.MoveNext())
            {
                world.Check(order);
            }

            client.Dispose();
        }

        world.CheckTheEnd(order);
    }

    private sealed class World(int most)
    {
        private readonly TunnelRegistry _registry = NewRegistry(most);
        private readonly List<Tunnel> _claims = [];
        private readonly HashSet<Tunnel> _released = [];
        private readonly HashSet<Tunnel> _gaps = [];
        private readonly List<(Tunnel Tunnel, FakeLink Link)> _links = [];

        /// <summary>What a client's opening handshake does, as TunnelHandshake has it: each step is one that nothing comes into.</summary>
        public IEnumerable<int> Steps(Kind kind)
        {
            if (kind == Kind.Drain)
            {
                Assert.True(_registry.DrainAsync(CancellationToken.None).IsCompletedSuccessfully);
                yield return 1;
                yield break;
            }

            // 1
            var refusal = _registry.TryClaim(Name, out var tunnel, out var displaced);
            Assert.Equal(_registry.IsStopping ? ExchangeError.ServerStopping : ExchangeError.None, refusal);
            if (tunnel is not null)
            {
                _claims.Add(tunnel);
            }

            yield return 1;

            // 2
            if (tunnel is not null)
            {
                displaced?.Connection?.DisplaceAsync(CancellationToken.None);
            }

            yield return 2;

            if (kind != Kind.Fails)
            {
                // 3
                var link = new FakeLink();
                if (tunnel is not null)
                {
                    _links.Add((tunnel, link));
                    tunnel.Attach(link);
                }

                yield return 3;

                // 4
                link.IsOver |= tunnel is not null && (_registry.IsStopping || !_registry.IsCurrent(tunnel));
                if (kind == Kind.Leaves)
                {
                    yield return 4;
                    link.IsOver = true;
                    yield return 4;
                }
                else if (link.IsOver)
                {
                    yield return 4;
                }

                if (!link.IsOver || tunnel is null)
                {
                    yield return 5;
                    yield break;
                }
            }

            // 5
            if (tunnel is not null)
            {
                _released.Add(tunnel);
                if (_registry.IsCurrent(tunnel))
                {
                    _gaps.Add(tunnel);
                }

                _registry.Release(tunnel);
            }

            yield return 5;
        }

        public void Check(int[] order)
        {
            var owners = _registry.Tunnels.ToArray();
            Must(owners.Length <= 1, order, "there are two owners.");
            Must(owners.Length == 0 || owners[0] == _claims[^1], order, "the owner isn't the newest.");
            Must(owners.Length == 1 || _claims.Count == 0 || _released.Contains(_claims[^1]), order, "the newest isn't the owner.");
        }

        public void CheckTheEnd(int[] order)
        {
            // The keeper's sweep.
            foreach (var tunnel in _registry.Tunnels.Where(static tunnel => ((FakeLink?)tunnel.Connection)?.IsOver == true).ToArray())
            {
                _gaps.Add(tunnel);
                _registry.Release(tunnel);
            }

            var owner = _registry.Tunnels.SingleOrDefault();
            foreach (var (tunnel, link) in _links)
            {
                Must(link.IsOver == (tunnel != owner), order, "there is a ghost, or the owner has ended.");
            }

            Must(!_registry.IsStopping || owner is null, order, "the server has stopped.");
            foreach (var tunnel in _claims)
            {
                Must(Follow(tunnel) == owner, order, "a visitor doesn't get to the owner.");
            }

            if (owner is not null)
            {
                _registry.Release(owner);
            }

            // The count is what it was.
            var free = NewCount();
            Must(free == (_registry.IsStopping ? 0 : most), order, "the count has leaked.");
        }

        // As a visitor is led on who came when this tunnel had the name.
        private Tunnel? Follow(Tunnel? tunnel)
        {
            while (tunnel is not null && !_registry.IsCurrent(tunnel))
            {
                // Nobody had the name after it, for a moment: its visitors were told so.
                if (_gaps.Contains(tunnel))
                {
                    return _registry.Tunnels.SingleOrDefault();
                }

                var next = tunnel.SuccessorAsync(CancellationToken.None);
                Assert.True(next.IsCompletedSuccessfully);
                tunnel = next.GetAwaiter().GetResult();
            }

            return tunnel;
        }

        private static void Must(bool isSo, int[] order, string otherwise)
        {
            if (!isSo)
            {
                Assert.Fail($"In the order {string.Join(", ", order)} {otherwise}");
            }
        }

        private int NewCount()
        {
            var count = 0;
            while (_registry.TryTake(out _) == ExchangeError.None)
            {
                count++;
            }

            return count;
        }
    }
}
