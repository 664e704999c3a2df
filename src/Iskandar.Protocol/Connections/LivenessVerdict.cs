namespace Iskandar.Protocol.Connections;

/// <summary>What is to be done about a connection.</summary>
internal enum LivenessVerdict
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Send a PING.</summary>
    Ping,

    /// <summary>Give the connection up: its peer is gone.</summary>
    Dead,
}
