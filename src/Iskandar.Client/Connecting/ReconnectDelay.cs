namespace Iskandar.Client.Connecting;

/// <summary>
/// How long to wait before the next attempt: anything up to a ceiling that doubles with each attempt (full jitter), so that the clients of a server that went away
/// spread over the whole of it, and don't come back together. Not safe for concurrent use.
/// </summary>
/// <param name="most">The highest ceiling.</param>
/// <param name="random">The source of jitter.</param>
internal sealed class ReconnectDelay(TimeSpan most, Random random)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(250);

    // A wait of nothing would make a loop of a server that accepts and drops.
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MostAsked = TimeSpan.FromMinutes(5);
    private int _attempts;

    /// <summary>Starts again with the lowest ceiling.</summary>
    public void Reset() => _attempts = 0;

    /// <summary>The next wait.</summary>
    /// <param name="atLeast">What the server asked for in <c>Retry-After</c>, if it did.</param>
    public TimeSpan Next(TimeSpan? atLeast = null)
    {
        var ceiling = Larger(Least, Smaller(most, First * Math.Pow(2, Math.Min(_attempts++, 30))));
        if (atLeast is not { } asked)
        {
            return Between(Least, ceiling);
        }

        // Whoever was told the same time must not come back in the same instant, not even when it was too long to be kept: the jitter has its place below the limit.
        var begin = Smaller(Larger(asked, TimeSpan.Zero), MostAsked);
        var spread = Smaller(Larger(begin / 10, ceiling), MostAsked);
        begin = Smaller(begin, MostAsked - spread);
        return Larger(Least, Between(begin, begin + spread));
    }

    private TimeSpan Between(TimeSpan from, TimeSpan to) => from + ((to - from) * random.NextDouble());

    private static TimeSpan Larger(TimeSpan one, TimeSpan other) => one >= other ? one : other;

    private static TimeSpan Smaller(TimeSpan one, TimeSpan other) => one <= other ? one : other;
}
