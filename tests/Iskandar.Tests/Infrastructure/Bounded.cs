namespace Iskandar.Tests.Infrastructure;

/// <summary>Every wait is for an event, and bounded: a test that would hang fails instead.</summary>
internal static class Bounded
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>The token of the running test.</summary>
    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static Task Within(this Task task) => task.WaitAsync(Limit, Token);

    public static Task<T> Within<T>(this Task<T> task) => task.WaitAsync(Limit, Token);

    public static Task Within(this ValueTask task) => task.AsTask().Within();

    public static Task<T> Within<T>(this ValueTask<T> task) => task.AsTask().Within();

    /// <summary>For what becomes true on another thread and has no event of its own.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(Limit);
        while (!condition())
        {
            Assert.False(limit.IsCancellationRequested, $"Never: {what}.");
            await Task.Yield();
        }
    }
}
