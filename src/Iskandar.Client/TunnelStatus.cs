namespace Iskandar.Client;

/// <summary>What a tunnel's client is doing, for a person to see.</summary>
/// <param name="State">The state.</param>
/// <param name="PublicUrl">Where visitors reach the app; null unless online.</param>
/// <param name="Problem">Why there is no connection, in words; null when there is one.</param>
/// <param name="RetryIn">When the next attempt starts, counted from now; null unless waiting.</param>
public sealed record TunnelStatus(TunnelState State, Uri? PublicUrl = null, string? Problem = null, TimeSpan? RetryIn = null)
{
    /// <summary>Whether the server refused the tunnel, and asking again would not help. Only when stopped.</summary>
    public bool IsRefused { get; init; }
}
