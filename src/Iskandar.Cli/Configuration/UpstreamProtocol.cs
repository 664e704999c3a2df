namespace Iskandar.Cli.Configuration;

/// <summary>What is spoken with the origin.</summary>
internal enum UpstreamProtocol
{
    /// <summary>HTTP/1.1, and HTTP/2 for gRPC; with TLS, what the origin chooses.</summary>
    Auto,

    /// <summary>Always HTTP/1.1.</summary>
    Http1,

    /// <summary>Always HTTP/2: with prior knowledge in clear, by ALPN with TLS.</summary>
    Http2,
}
