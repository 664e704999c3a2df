using System.Threading.Tasks.Sources;

namespace Iskandar.Protocol.Connections;

/// <summary>
/// Tells the one who waits for a response's head that it is there, or never will be. Reusable. Set under the exchange's lock; the wait ends on a thread of the pool,
/// without another object for it.
/// </summary>
internal sealed class ReadySignal : IValueTaskSource<bool>, IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<bool> _source;
    private volatile Stage _stage;
    private bool _outcome;

    private enum Stage
    {
        Unset,
        Scheduled,
        Taken,
    }

    public ValueTask<bool> WaitAsync() => new(this, _source.Version);

    /// <summary>Sets the outcome, the first time; whoever waits goes on elsewhere.</summary>
    public void SetElsewhere(bool outcome)
    {
        if (_stage == Stage.Unset)
        {
            _stage = Stage.Scheduled;
            _outcome = outcome;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Makes it new.</summary>
    /// <returns>False when it was set and nobody has seen it: it may be about to be, and must not be used again.</returns>
    public bool TryReset()
    {
        if (_stage == Stage.Scheduled)
        {
            return false;
        }

        if (_stage == Stage.Taken)
        {
            _stage = Stage.Unset;
            _source.Reset();
        }

        return true;
    }

    void IThreadPoolWorkItem.Execute() => _source.SetResult(_outcome);

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        var outcome = _source.GetResult(token);
        _stage = Stage.Taken;
        return outcome;
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
