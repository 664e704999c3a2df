using System.IO.Pipelines;

namespace Iskandar.Cli;

/// <summary>
/// Work that comes up on an event loop of the runtime's sockets runs on that loop, after the events that it has at hand; other work runs on the thread pool. So what a
/// whole turn of the loop has to send goes out in one piece, and no other thread has to wake up for it (docs/adr/0011-turns.md).
/// </summary>
internal sealed class EventLoopScheduler : PipeScheduler
{
    private static readonly Lazy<PipeScheduler> SharedOne = new(static () => Create(RuntimeSettings.EventLoopCount));

    private EventLoopScheduler()
    {
    }

    /// <summary>The process's own, which lives as long as it: the thread pool's where the runtime has no such loops.</summary>
    public static PipeScheduler Shared => SharedOne.Value;

    /// <inheritdoc />
    public override void Schedule(Action<object?> action, object? state)
    {
        if (EventLoop.Current is { } loop)
        {
            loop.Add(action, state);
        }
        else
        {
            System.Threading.ThreadPool.UnsafeQueueUserWorkItem(action, state, preferLocal: false);
        }
    }

    private static PipeScheduler Create(int loops)
    {
        // The runtime gives each new socket to the next of its loops.
        for (var i = 0; i < loops; i++)
        {
            if (!EventLoop.TryJoin())
            {
                return ThreadPool;
            }
        }

        return loops == 0 ? ThreadPool : new EventLoopScheduler();
    }
}
