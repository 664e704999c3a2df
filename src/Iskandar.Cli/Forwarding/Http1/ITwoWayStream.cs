namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>A connection whose two directions end each on its own, and which can end in a way that nobody takes for an end.</summary>
internal interface ITwoWayStream
{
    /// <summary>Ends what is sent, and leaves what is received.</summary>
    /// <exception cref="IOException">The connection is broken.</exception>
    void EndSending();

    /// <summary>Ends both directions at once: the other side sees a broken connection. From any thread.</summary>
    void Reset();
}
