namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>Closed until somebody opens it; then open for ever. How a test and its origin wait for each other.</summary>
public sealed class Gate
{
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsOpen => _opened.Task.IsCompleted;

    public void Open() => _opened.TrySetResult();

    public Task PassAsync(string what, double seconds = 30) => _opened.Task.WithinAsync(what, seconds);
}
