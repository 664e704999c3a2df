namespace Iskandar.Client.Connecting;

/// <summary>How long to wait before the next attempt: exponential, capped, with jitter from a half to the whole, so that clients of a restarted server spread out.</summary>
/// <param name="most">The longest wait.</param>
/// <param name="random">The source of jitter.</param>
internal sealed class ReconnectDelay(TimeSpan most, Random random)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    private int _attempts;

    /// <summary>Starts again with the shortest wait.</summary>
    public void Reset() => _attempts = 0;

    /// <summary>The next wait.</summary>
    /// <param name="atLeast">What the server asked for in <c>Retry-After</c>, if it did.</param>
    public TimeSpan Next(TimeSpan? atLeast = null)
    {
        var ceiling = Math.Min(most.TotalMilliseconds, First.TotalMilliseconds * Math.Pow(2, Math.Min(_attempts++, 30)));

        // From a half: a wait of nearly nothing would make a loop of a server that accepts and drops.
        var wait = TimeSpan.FromMilliseconds(ceiling * (0.5 + (random.NextDouble() / 2)));
        return atLeast is { } asked && asked > wait ? TimeSpan.FromTicks(Math.Min(asked.Ticks, TimeSpan.FromMinutes(5).Ticks)) : wait;
    }
}
