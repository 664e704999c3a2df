namespace Iskandar.Client;

/// <summary>How the client and the server put exchanges into WebSocket messages (docs/protocol.md).</summary>
public enum TunnelEncoding
{
    /// <summary>Binary frames, <c>iskandar.v1</c>: streams in both directions. JSON all the same with a server that doesn't know it.</summary>
    Binary,

    /// <summary>JSON: what a person can read on the wire. No upgrades, no trailers, and request content only as a whole.</summary>
    Json,
}
