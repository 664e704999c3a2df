namespace Iskandar.Client.Hosting;

/// <summary>Counts the exchanges under way, so that stopping can wait for them.</summary>
internal sealed class ExchangeTracker
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _drained;

    /// <summary>How many are under way.</summary>
    public int Count { get; private set; }

    public void Add()
    {
        lock (_gate)
        {
            Count++;
        }
    }

    public void Remove()
    {
        TaskCompletionSource? drained = null;
        lock (_gate)
        {
            if (--Count == 0)
            {
                (drained, _drained) = (_drained, null);
            }
        }

        drained?.TrySetResult();
    }

    /// <summary>Completes when none is under way.</summary>
    public Task DrainAsync()
    {
        lock (_gate)
        {
            if (Count == 0)
            {
                return Task.CompletedTask;
            }

            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }
}
