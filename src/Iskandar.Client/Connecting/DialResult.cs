using Iskandar.Protocol.Connections;

namespace Iskandar.Client.Connecting;

/// <summary>What an attempt to connect gave: a connection, or a problem.</summary>
/// <param name="Connection">The open connection, or null.</param>
/// <param name="Problem">What went wrong, in words.</param>
/// <param name="RetryAfter">What the server asked to wait.</param>
/// <param name="IsFinal">Asking again would not help.</param>
/// <param name="Code">What a tunnel server calls it; null when something else answered at its address, or nothing.</param>
internal sealed record DialResult(
    IClientConnection? Connection, string? Problem = null, TimeSpan? RetryAfter = null, bool IsFinal = false, string? Code = null)
{
    /// <summary>A tunnel server said so, not something else that answers at its address.</summary>
    public bool IsFromServer => Code is not null;

    /// <summary>The server doesn't take the key of the name.</summary>
    public bool IsNameRefused => Code == ExchangeError.NameRefused.ToCode();
}
