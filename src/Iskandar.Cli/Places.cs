namespace Iskandar.Cli;

/// <summary>A number of places, for any thread to take and return.</summary>
/// <param name="count">How many there are; zero or less: none.</param>
internal sealed class Places(int count)
{
    private int _taken;

    /// <summary>Takes one, if one is free.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= count)
        {
            return true;
        }

        Return();
        return false;
    }

    /// <summary>Returns one that was taken.</summary>
    public void Return() => Interlocked.Decrement(ref _taken);
}
