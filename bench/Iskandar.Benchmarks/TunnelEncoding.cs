namespace Iskandar.Benchmarks;

/// <summary>The encodings of a tunnel connection.</summary>
public enum TunnelEncoding
{
    /// <summary>iskandar.v1.</summary>
    Binary,

    /// <summary>The one that is spoken when no subprotocol was negotiated.</summary>
    Json,
}
