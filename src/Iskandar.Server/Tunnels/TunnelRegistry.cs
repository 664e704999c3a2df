using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Iskandar.Protocol.Connections;
using Iskandar.Server.Configuration;
using Microsoft.Extensions.Options;

namespace Iskandar.Server.Tunnels;

/// <summary>Which tunnel has which name. A name has one tunnel, the newest; it is taken before the opening handshake is answered, and free when its connection is over.</summary>
internal sealed class TunnelRegistry(IOptions<IskandarServerOptions> options)
{
    private readonly ConcurrentDictionary<string, Tunnel> _tunnels = new(StringComparer.OrdinalIgnoreCase);
    private readonly int _most = options.Value.MaxTunnels;
    private int _count;
    private volatile bool _stopping;

    /// <summary>Whether the server is about to stop.</summary>
    public bool IsStopping => _stopping;

    /// <summary>The tunnels, at this moment.</summary>
    public IEnumerable<Tunnel> Tunnels => _tunnels.Select(static pair => pair.Value);

    /// <summary>Takes a random name.</summary>
    /// <returns><see cref="ExchangeError.None"/>, <see cref="ExchangeError.ServerFull"/> or <see cref="ExchangeError.ServerStopping"/>.</returns>
    public ExchangeError TryTake(out Tunnel? tunnel)
    {
        tunnel = null;
        if (TryCount() is var refusal and not ExchangeError.None)
        {
            return refusal;
        }

        do
        {
            tunnel = new Tunnel(TunnelName.NewRandom());
        }
        while (!_tunnels.TryAdd(tunnel.Name, tunnel));

        return ExchangeError.None;
    }

    /// <summary>Takes a name for whoever has shown its key, also from the tunnel that has it.</summary>
    /// <param name="name">The name.</param>
    /// <param name="tunnel">The new tunnel.</param>
    /// <param name="displaced">The tunnel that had the name; its connection is to be ended.</param>
    /// <returns><see cref="ExchangeError.None"/>, <see cref="ExchangeError.ServerFull"/> or <see cref="ExchangeError.ServerStopping"/>.</returns>
    public ExchangeError TryClaim(string name, out Tunnel? tunnel, out Tunnel? displaced)
    {
        var claimed = new Tunnel(name, isClaimed: true);
        while (true)
        {
            if (_tunnels.TryGetValue(name, out displaced))
            {
                tunnel = null;
                if (_stopping)
                {
                    return ExchangeError.ServerStopping;
                }

                if (_tunnels.TryUpdate(name, claimed, displaced))
                {
                    displaced.End(claimed);
                    tunnel = claimed;
                    return ExchangeError.None;
                }
            }
            else
            {
                tunnel = null;
                if (TryCount() is var refusal and not ExchangeError.None)
                {
                    return refusal;
                }

                if (_tunnels.TryAdd(name, claimed))
                {
                    tunnel = claimed;
                    return ExchangeError.None;
                }

                Interlocked.Decrement(ref _count);
            }
        }
    }

    /// <summary>Frees the name, if it still is this tunnel's.</summary>
    public void Release(Tunnel tunnel)
    {
        if (_tunnels.TryRemove(KeyValuePair.Create(tunnel.Name, tunnel)))
        {
            Interlocked.Decrement(ref _count);
        }

        tunnel.End(null);
    }

    /// <summary>Whether the name still is this tunnel's.</summary>
    public bool IsCurrent(Tunnel tunnel) => _tunnels.TryGetValue(tunnel.Name, out var current) && current == tunnel;

    /// <summary>Finds the tunnel that has a name, in any case.</summary>
    public bool TryFind(ReadOnlySpan<char> name, [NotNullWhen(true)] out Tunnel? tunnel) =>
        _tunnels.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out tunnel);

    /// <summary>Takes no new tunnels, and ends those that there are when their exchanges have finished.</summary>
    /// <param name="deadline">When it fires, exchanges still in flight are given up.</param>
    public Task DrainAsync(CancellationToken deadline)
    {
        _stopping = true;
        return Task.WhenAll(_tunnels.Select(pair => pair.Value.Connection?.DrainAsync(deadline) ?? Task.CompletedTask));
    }

    private ExchangeError TryCount()
    {
        if (_stopping)
        {
            return ExchangeError.ServerStopping;
        }

        if (Interlocked.Increment(ref _count) > _most)
        {
            Interlocked.Decrement(ref _count);
            return ExchangeError.ServerFull;
        }

        return ExchangeError.None;
    }
}
