namespace Iskandar.Protocol.Connections;

/// <summary>A common bound on memory: bytes are taken before they are buffered and given back after. Safe for concurrent use.</summary>
/// <param name="limit">How many bytes may be taken at once.</param>
public sealed class ByteBudget(long limit)
{
    private long _taken;

    /// <summary>Bytes taken now.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Takes bytes, all or none.</summary>
    /// <param name="bytes">How many, not negative.</param>
    /// <returns>False when the limit would be passed.</returns>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= limit)
        {
            return true;
        }

        Interlocked.Add(ref _taken, -bytes);
        return false;
    }

    /// <summary>Gives bytes back.</summary>
    /// <param name="bytes">As many as were taken.</param>
    public void Return(long bytes) => Interlocked.Add(ref _taken, -bytes);
}
