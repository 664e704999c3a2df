namespace Iskandar.Protocol.Connections;

/// <summary>
/// Visitors' requests go on where their response's head is read: on the thread of a connection's read loop, which saves a change of threads for each. What is left of
/// such a request is short. But its visitor may have sent more requests behind it, without end: those must not begin on this thread, or the loop would never get it back.
/// </summary>
public static class ReadLoop
{
    [ThreadStatic]
    private static bool _isDelivering;

    /// <summary>Whether this thread is a read loop's, in the middle of telling those who wait. A new request is to go elsewhere then.</summary>
    public static bool IsDelivering => _isDelivering;

    /// <summary>Lets the one who waits for a head go on, on this thread.</summary>
    internal static void Tell(ReadySignal signal)
    {
        _isDelivering = true;
        try
        {
            signal.Tell();
        }
        finally
        {
            _isDelivering = false;
        }
    }
}
