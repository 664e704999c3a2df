namespace Iskandar.FunctionalTests.Faults.Relay;

/// <summary>Lets pass, until it is closed; as often as a test likes.</summary>
public sealed class Valve
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _closed;

    public void Close()
    {
        lock (_lock)
        {
            _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Open()
    {
        lock (_lock)
        {
            _closed?.SetResult();
            _closed = null;
        }
    }

    public Task PassAsync(CancellationToken token)
    {
        lock (_lock)
        {
            return _closed?.Task.WaitAsync(token) ?? Task.CompletedTask;
        }
    }
}
