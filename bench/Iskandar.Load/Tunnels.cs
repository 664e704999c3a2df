using System.Net;

namespace Iskandar.Load;

/// <summary>Many tunnels at once, which answer each request with the same 128 bytes.</summary>
internal static class Tunnels
{
    // More would only wait in the server's backlog.
    private const int AtOnce = 32;

    /// <summary>Connects them, writes the host of each and then "Ready", and serves until the first one ends.</summary>
    public static async Task HoldAsync(IPEndPoint server, int count, TextWriter output)
    {
        var peers = new TunnelPeer[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (index, _) =>
            peers[index] = await TunnelPeer.OpenAsync(server));
        foreach (var peer in peers)
        {
            await output.WriteLineAsync(peer.Host);
        }

        await output.WriteLineAsync("Ready");
        await output.FlushAsync();
        var ended = await Task.WhenAny(peers.Select(static peer => peer.ServeAsync()));
        await Console.Error.WriteLineAsync($"A tunnel has ended: {ended.Exception?.InnerException?.Message ?? "closed by the server"}");
    }
}
