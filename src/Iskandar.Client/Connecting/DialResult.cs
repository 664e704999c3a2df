using Iskandar.Protocol.Connections;

namespace Iskandar.Client.Connecting;

/// <summary>What an attempt to connect gave: a connection, or a problem.</summary>
/// <param name="Connection">The open connection, or null.</param>
/// <param name="Problem">What went wrong, in words.</param>
/// <param name="RetryAfter">What the server asked to wait.</param>
/// <param name="IsFinal">Asking again would not help.</param>
/// <param name="IsFromServer">A tunnel server said so, not something else that answers at its address.</param>
internal sealed record DialResult(
    IClientConnection? Connection, string? Problem = null, TimeSpan? RetryAfter = null, bool IsFinal = false, bool IsFromServer = false);
