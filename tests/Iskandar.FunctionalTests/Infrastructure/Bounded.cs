namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>Every wait of a test is for an event, and is bounded.</summary>
public static class Bounded
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>A token for one wait: cancelled with the test, or when the limit has passed.</summary>
    public static CancellationToken Token()
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        source.CancelAfter(Limit);
        return source.Token;
    }

    public static async Task<T> WithinAsync<T>(this Task<T> task, string what, double seconds = 30)
    {
        try
        {
            return await task.WaitAsync(TimeSpan.FromSeconds(seconds), TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Not within {seconds} s: {what}.");
        }
    }

    public static async Task WithinAsync(this Task task, string what, double seconds = 30) =>
        await CompletedAsync(task).WithinAsync(what, seconds);

    private static async Task<bool> CompletedAsync(Task task)
    {
        await task;
        return true;
    }
}
