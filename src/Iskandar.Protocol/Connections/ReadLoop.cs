using System.IO.Pipelines;

namespace Iskandar.Protocol.Connections;

/// <summary>
/// Visitors' requests go on where what they wait for is read: on the thread of a connection's read loop, which saves a change of threads for each. What is left of
/// such a request is short. But its visitor may have sent more requests behind it, without end: those must not begin on this thread, or the loop would never get it back.
/// </summary>
public static class ReadLoop
{
    [ThreadStatic]
    private static bool _isDelivering;

    [ThreadStatic]
    private static Held? _held;

    /// <summary>Whether this thread is a read loop's, in the middle of telling those who wait. A new request is to go elsewhere then.</summary>
    public static bool IsDelivering => _isDelivering;

    /// <summary>
    /// Runs what a pipe's reader does next on the read loop's thread, but not before <see cref="Release"/>: what completes the reader's wait holds a lock. Elsewhere than
    /// between <see cref="Hold"/> and <see cref="Release"/>, on a thread of the pool.
    /// </summary>
    internal static PipeScheduler Scheduler { get; } = new HoldingScheduler();

    /// <summary>From now on, what is scheduled on this thread waits.</summary>
    internal static void Hold()
    {
        _held ??= new Held();
        _held.IsHolding = true;
    }

    /// <summary>Runs what has waited, on this thread, and what waits for the signal. Without a lock.</summary>
    /// <param name="signal">A signal that is decided; null for none.</param>
    internal static void Release(ReadySignal? signal)
    {
        var (action, state) = (_held!.Action, _held.State);
        _held.IsHolding = false;
        _held.Action = null;
        _held.State = null;
        _isDelivering = true;
        try
        {
            signal?.Tell();
            action?.Invoke(state);
        }
        finally
        {
            _isDelivering = false;
        }
    }

    private sealed class Held
    {
        public bool IsHolding;
        public Action<object?>? Action;
        public object? State;
    }

    private sealed class HoldingScheduler : PipeScheduler
    {
        public override void Schedule(Action<object?> action, object? state)
        {
            // One pipe is published at a time, and it has one reader.
            if (_held is { IsHolding: true, Action: null } held)
            {
                held.Action = action;
                held.State = state;
            }
            else
            {
                System.Threading.ThreadPool.UnsafeQueueUserWorkItem(action, state, preferLocal: false);
            }
        }
    }
}
