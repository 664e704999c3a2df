namespace Iskandar.Client;

/// <summary>The states of a tunnel's client.</summary>
public enum TunnelState
{
    /// <summary>An attempt to connect is under way.</summary>
    Connecting,

    /// <summary>Visitors are served.</summary>
    Online,

    /// <summary>No connection; the next attempt comes after a wait.</summary>
    Waiting,

    /// <summary>Finishing what is in flight.</summary>
    Stopping,

    /// <summary>Over: stopped, or refused for good.</summary>
    Stopped,
}
