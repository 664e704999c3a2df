using System.Threading.Tasks.Sources;

namespace Iskandar.Protocol.Json;

/// <summary>Tells the one who waits for a response's head that it is there, or never will be. Reusable; members but the wait are called under the exchange's lock.</summary>
internal sealed class HeadSignal : IValueTaskSource<bool>
{
    // The waiting request goes on elsewhere: nothing of it may run under the lock or on the read loop.
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private bool _isSet;

    public ValueTask<bool> WaitAsync() => new(this, _source.Version);

    /// <summary>Sets the outcome, the first time.</summary>
    public void TrySet(bool isThere)
    {
        if (!_isSet)
        {
            _isSet = true;
            _source.SetResult(isThere);
        }
    }

    public void Reset()
    {
        _isSet = false;
        _source.Reset();
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
