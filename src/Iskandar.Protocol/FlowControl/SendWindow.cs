using Iskandar.Protocol.Frames;

namespace Iskandar.Protocol.FlowControl;

/// <summary>The credit that the peer gave us, for one direction of one stream. Reusable. Not safe for concurrent use.</summary>
internal sealed class SendWindow
{
    /// <summary>Bytes of content that may be sent now.</summary>
    public int Available { get; private set; } = FrameLimits.Window;

    /// <summary>Adds the credit of a CREDIT frame.</summary>
    /// <returns>False when it is 0, or more than there can be: a flow control error. Nothing changes then.</returns>
    public bool TryAdd(uint bytes)
    {
        if (bytes == 0 || bytes > FrameLimits.MostCredit - Available)
        {
            return false;
        }

        Available += (int)bytes;
        return true;
    }

    /// <summary>Uses credit up.</summary>
    /// <param name="most">How much can be used, not negative.</param>
    /// <returns>How much there was of it, perhaps nothing.</returns>
    public int Take(int most)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(most);
        var taken = Math.Min(Available, most);
        Available -= taken;
        return taken;
    }

    /// <summary>Makes it as it was at first.</summary>
    public void Reset() => Available = FrameLimits.Window;
}
