using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Iskandar.Protocol.Connections;
using Iskandar.Server.Configuration;
using Microsoft.Extensions.Options;

namespace Iskandar.Server.Tunnels;

/// <summary>Which tunnel has which name. A name is taken before the opening handshake is answered and free at once when its connection ends.</summary>
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
        if (_stopping)
        {
            return ExchangeError.ServerStopping;
        }

        if (Interlocked.Increment(ref _count) > _most)
        {
            Interlocked.Decrement(ref _count);
            return ExchangeError.ServerFull;
        }

        do
        {
            tunnel = new Tunnel(TunnelName.NewRandom());
        }
        while (!_tunnels.TryAdd(tunnel.Name, tunnel));

        return ExchangeError.None;
    }

    /// <summary>Frees the name.</summary>
    public void Release(Tunnel tunnel)
    {
        if (_tunnels.TryRemove(KeyValuePair.Create(tunnel.Name, tunnel)))
        {
            Interlocked.Decrement(ref _count);
        }
    }

    /// <summary>Finds the connection that serves a name, in any case.</summary>
    public bool TryFind(ReadOnlySpan<char> name, [NotNullWhen(true)] out IGatewayConnection? connection)
    {
        connection = _tunnels.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var tunnel) ? tunnel.Connection : null;
        return connection is not null;
    }

    /// <summary>Takes no new tunnels, and ends those that there are when their exchanges have finished.</summary>
    /// <param name="deadline">When it fires, exchanges still in flight are given up.</param>
    public Task DrainAsync(CancellationToken deadline)
    {
        _stopping = true;
        return Task.WhenAll(_tunnels.Select(pair => pair.Value.Connection?.DrainAsync(deadline) ?? Task.CompletedTask));
    }
}
