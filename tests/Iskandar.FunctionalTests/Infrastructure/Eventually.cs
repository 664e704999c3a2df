namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>For what becomes true without an event to wait for: ask until it is, each question being a request of its own.</summary>
public static class Eventually
{
    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var token = Bounded.Token();
        while (!await condition())
        {
            if (token.IsCancellationRequested)
            {
                throw new TimeoutException($"Never: {what}.");
            }

            await Task.Yield();
        }
    }
}
