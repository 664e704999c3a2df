using System.Net.WebSockets;

namespace Iskandar.Protocol.Transports;

/// <summary>How a connection ends that nobody closed.</summary>
internal static class ConnectionEnd
{
    /// <summary>Whether this is what a network or a peer does. A cancellation is: a WebSocket that gets no answer to its pings cancels its reads.</summary>
    public static bool IsExpected(Exception fault) =>
        fault is WebSocketException or IOException or ObjectDisposedException or OperationCanceledException;

    /// <summary>The cause, in words.</summary>
    public static string Describe(Exception fault) => fault switch
    {
        OperationCanceledException { InnerException: { } inner } => inner.Message.TrimEnd('.'),
        OperationCanceledException => "no answer to pings",
        _ => fault.Message.TrimEnd('.'),
    };
}
