namespace Iskandar.Cli;

/// <summary>
/// Whether an event loop that has nothing to do stays awake. A thread that has to be woken is late, on a virtual machine by more than its work takes; one that waits awake
/// takes a processor from others. So a loop stays awake while nearly all that it expects comes soon, for a short time, and not more of them at once than there are places for
/// (docs/adr/0012-wakefulness.md). For one thread.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="places">Places for those that are awake, shared by all loops.</param>
internal sealed class Wakefulness(TimeProvider time, Places places)
{
    // One disappointment takes as much trust as eight fulfilments gain.
    private const int Disappointment = 8;
    private const int Enough = 16;
    private const int Most = 32;

    private long? _last;
    private int _trust;

    /// <summary>How long it stays awake for what comes next.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMicroseconds(200);

    /// <summary>What counts as soon while it sleeps. More than its patience, since it has to be woken.</summary>
    public static TimeSpan Soon { get; } = TimeSpan.FromMicroseconds(500);

    /// <summary>Whether it is awake: when there is nothing to do, <see cref="GoesOn"/> is to be asked.</summary>
    public bool IsAwake { get; private set; }

    /// <summary>Something has happened that more may follow from.</summary>
    /// <returns><see cref="IsAwake"/> from now on.</returns>
    public bool Expect()
    {
        var now = time.GetTimestamp();
        if (_last is { } last && time.GetElapsedTime(last, now) <= (_trust >= Enough ? Patience : Soon))
        {
            _trust = Math.Min(_trust + 1, Most);
        }
        else if (_trust < Enough)
        {
            _trust = 0;
        }

        _last = now;
        IsAwake |= _trust >= Enough && places.TryTake();
        return IsAwake;
    }

    /// <summary>Whether it stays awake still. When what it expects hasn't come for too long, it sleeps, and trusts less in the next.</summary>
    public bool GoesOn()
    {
        if (IsAwake && _last is { } last && time.GetElapsedTime(last) >= Patience)
        {
            IsAwake = false;
            _trust -= Disappointment;
            places.Return();
        }

        return IsAwake;
    }
}
