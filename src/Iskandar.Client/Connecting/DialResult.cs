using Iskandar.Protocol.Connections;

namespace Iskandar.Client.Connecting;

/// <summary>What an attempt to connect gave: a connection, or a problem.</summary>
/// <param name="Connection">The open connection, or null.</param>
/// <param name="Problem">What went wrong, in words.</param>
/// <param name="RetryAfter">What the server asked to wait.</param>
/// <param name="IsFinal">Asking again would not help.</param>
internal sealed record DialResult(IClientConnection? Connection, string? Problem = null, TimeSpan? RetryAfter = null, bool IsFinal = false);
