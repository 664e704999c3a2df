using System.Threading.Tasks.Sources;

namespace Iskandar.Protocol.Connections;

/// <summary>
/// Tells the one who waits for a response's head that it is there, or never will be. Reusable. It is set in two steps: under the exchange's lock it is decided,
/// without the lock the one who waits goes on.
/// </summary>
internal sealed class ReadySignal : IValueTaskSource<bool>, IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<bool> _source;
    private volatile Stage _stage;
    private bool _outcome;

    private enum Stage
    {
        Unset,
        Decided,
        Seen,
    }

    public ValueTask<bool> WaitAsync() => new(this, _source.Version);

    /// <summary>Decides the outcome, the first time. Under the exchange's lock.</summary>
    /// <returns>True: <see cref="Tell"/> has to follow, without the lock.</returns>
    public bool TryDecide(bool outcome)
    {
        if (_stage != Stage.Unset)
        {
            return false;
        }

        _stage = Stage.Decided;
        _outcome = outcome;
        return true;
    }

    /// <summary>Lets the one who waits go on, on this thread.</summary>
    public void Tell() => _source.SetResult(_outcome);

    /// <summary>Decides the outcome, the first time; whoever waits goes on elsewhere. Under the exchange's lock.</summary>
    public void SetElsewhere(bool outcome)
    {
        if (TryDecide(outcome))
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Makes it new.</summary>
    /// <returns>False when it was decided and nobody has seen it: it may be about to be told, and must not be used again.</returns>
    public bool TryReset()
    {
        if (_stage == Stage.Decided)
        {
            return false;
        }

        if (_stage == Stage.Seen)
        {
            _stage = Stage.Unset;
            _source.Reset();
        }

        return true;
    }

    void IThreadPoolWorkItem.Execute() => Tell();

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        var outcome = _source.GetResult(token);
        _stage = Stage.Seen;
        return outcome;
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
