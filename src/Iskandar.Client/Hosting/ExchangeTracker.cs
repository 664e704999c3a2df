namespace Iskandar.Client.Hosting;

/// <summary>Counts the exchanges under way, so that stopping can wait for them. Counting takes no lock unless somebody waits.</summary>
internal sealed class ExchangeTracker
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _drained;
    private int _count;

    /// <summary>How many are under way.</summary>
    public int Count => Volatile.Read(ref _count);

    public void Add() => Interlocked.Increment(ref _count);

    public void Remove()
    {
        // First the count, then who waits for it; DrainAsync does it the other way round, so one of the two always sees the other.
        if (Interlocked.Decrement(ref _count) == 0 && Volatile.Read(ref _drained) is not null)
        {
            CompleteIfNone();
        }
    }

    /// <summary>Completes when none is under way.</summary>
    public Task DrainAsync()
    {
        Task drained;
        lock (_gate)
        {
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            drained = _drained.Task;
        }

        Interlocked.MemoryBarrier();
        CompleteIfNone();
        return drained;
    }

    private void CompleteIfNone()
    {
        TaskCompletionSource? drained = null;
        lock (_gate)
        {
            // Another may have begun meanwhile: whoever waits has a right to wait for that too.
            if (Count == 0)
            {
                (drained, _drained) = (_drained, null);
            }
        }

        drained?.TrySetResult();
    }
}
