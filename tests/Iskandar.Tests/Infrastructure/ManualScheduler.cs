using System.IO.Pipelines;

namespace Iskandar.Tests.Infrastructure;

/// <summary>Runs what was scheduled when it is told to, on the thread that tells it.</summary>
internal sealed class ManualScheduler : PipeScheduler
{
    private readonly Queue<(Action<object?> Action, object? State)> _work = new();

    public int Count => _work.Count;

    public override void Schedule(Action<object?> action, object? state) => _work.Enqueue((action, state));

    /// <summary>Runs what there is now; what that schedules stays.</summary>
    public void Run()
    {
        for (var count = _work.Count; count > 0; count--)
        {
            var (action, state) = _work.Dequeue();
            action(state);
        }
    }
}
