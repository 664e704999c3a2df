using System.Diagnostics.Tracing;

namespace Iskandar.Tests.Protocol.Link;

/// <summary>Counts what this thread has rented from the shared array pool and not given back.</summary>
internal sealed class PoolWatch : EventListener
{
    private const int Rent = 1;
    private const int Return = 3;

    [ThreadStatic]
    private static long _rented;

    /// <summary>Bytes, since the watch began.</summary>
    public static long Rented => _rented;

    public static PoolWatch Begin()
    {
        _rented = 0;
        return new PoolWatch();
    }

    protected override void OnEventSourceCreated(EventSource source)
    {
        if (source.Name == "System.Buffers.ArrayPoolEventSource")
        {
            EnableEvents(source, EventLevel.Verbose);
        }
    }

    // Called on the thread that rents.
    protected override void OnEventWritten(EventWrittenEventArgs written)
    {
        if (written.EventId is Rent or Return)
        {
            _rented += written.EventId == Rent ? (int)written.Payload![1]! : -(int)written.Payload![1]!;
        }
    }
}
