namespace Iskandar.Protocol.Connections;

/// <summary>A common bound on memory: bytes are taken before they are buffered and given back after. Safe for concurrent use.</summary>
/// <param name="limit">How many bytes may be taken at once.</param>
/// <param name="whole">The budget that this one is a share of; null for none.</param>
public sealed class ByteBudget(long limit, ByteBudget? whole = null)
{
    // No tunnel may use up what is there for all.
    private const int Shares = 8;
    private const long LeastShare = 16 * 1024 * 1024;

    private long _taken;

    /// <summary>Bytes taken now.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Takes bytes, all or none.</summary>
    /// <param name="bytes">How many, not negative.</param>
    /// <returns>False when the limit would be passed.</returns>
    public bool TryTake(long bytes)
    {
        var taken = Volatile.Read(ref _taken);
        while (true)
        {
            if (bytes > limit - taken)
            {
                return false;
            }

            var seen = Interlocked.CompareExchange(ref _taken, taken + bytes, taken);
            if (seen == taken)
            {
                break;
            }

            taken = seen;
        }

        if (whole?.TryTake(bytes) != false)
        {
            return true;
        }

        Interlocked.Add(ref _taken, -bytes);
        return false;
    }

    /// <summary>Gives bytes back.</summary>
    /// <param name="bytes">As many as were taken.</param>
    public void Return(long bytes)
    {
        Interlocked.Add(ref _taken, -bytes);
        whole?.Return(bytes);
    }

    /// <summary>A share of this budget for one user of many: an eighth, and at least 16 MiB, bounded by the whole.</summary>
    public ByteBudget Share() => new(Math.Max(limit / Shares, LeastShare), this);
}
