using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;

namespace Iskandar.Protocol.FlowControl;

/// <summary>
/// What we let the peer send, for one direction of one stream. It grows when it is what limits the throughput: when so much is consumed that a good
/// part of it is always on the way there and back. Reusable. Not safe for concurrent use.
/// </summary>
/// <param name="roundTrip">The round trip of the connection; before its first measurement nothing grows.</param>
/// <param name="budget">Where growth is taken from; null: there is no bound but <see cref="MostSize"/>.</param>
internal sealed class ReceiveWindow(RoundTrip roundTrip, ByteBudget? budget)
{
    /// <summary>No window grows beyond, in bytes.</summary>
    public const int MostSize = 16 * 1024 * 1024;

    // Credit that is held back is a part of the window that nobody can use. Half of it is too much: content comes in bursts, and with half a window in circulation and half held back the rate stays below what would make it grow.
    private const int MostHeldBack = 1024 * 1024;

    // Within less, what is measured is how the threads were scheduled.
    private static readonly TimeSpan LeastInterval = TimeSpan.FromMilliseconds(5);

    private int _allowed = FrameLimits.Window;
    private int _heldBack;

    // The measurement under way.
    private bool _isMeasuring;
    private long _since;
    private long _consumed;
    private int _leastBuffered;
    private double _rateBefore;

    /// <summary>The present window in bytes: what the peer may send, what it has sent and we still hold, and credit that is held back.</summary>
    public int Size { get; private set; } = FrameLimits.Window;

    private int Buffered => Size - _allowed - _heldBack;

    /// <summary>Counts content that has come.</summary>
    /// <param name="bytes">How much, not negative.</param>
    /// <returns>False when it is more than was allowed: a flow control error. Nothing changes then.</returns>
    public bool TryReceive(int bytes)
    {
        if ((uint)bytes > (uint)_allowed)
        {
            return false;
        }

        _allowed -= bytes;
        return true;
    }

    /// <summary>Counts content that has left our hands.</summary>
    /// <param name="bytes">How much of what was received.</param>
    /// <param name="now">A timestamp of the clock.</param>
    /// <returns>The credit to send now; 0 while it would be little: less than a quarter of a window, and less than 1 MiB.</returns>
    public int Consumed(long bytes, long now)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        var consumed = (int)Math.Min(bytes, Buffered);
        _heldBack += consumed;
        if (_isMeasuring)
        {
            _consumed += consumed;
            _leastBuffered = Math.Min(_leastBuffered, Buffered);
        }
        else
        {
            Measure(now);
        }

        if (_heldBack < Math.Min(Size / 4, MostHeldBack))
        {
            return 0;
        }

        var credit = _heldBack + Grow(now);
        _heldBack = 0;
        _allowed += credit;
        return credit;
    }

    /// <summary>Makes it as it was at first. What growth took from the budget goes back.</summary>
    public void Reset()
    {
        budget?.Return(Size - FrameLimits.Window);
        Size = FrameLimits.Window;
        _allowed = FrameLimits.Window;
        _heldBack = 0;
        _isMeasuring = false;
        _rateBefore = 0;
    }

    private void Measure(long now)
    {
        _isMeasuring = true;
        _since = now;
        _consumed = 0;
        _leastBuffered = int.MaxValue;
    }

    // How much the window has grown.
    private int Grow(long now)
    {
        if (Size == MostSize || roundTrip.Least is not { } least)
        {
            return 0;
        }

        // A shorter measurement would take what a consumer finds after a pause for its rate.
        var interval = least > LeastInterval ? least : LeastInterval;
        var elapsed = roundTrip.Between(_since, now);
        if (elapsed < interval)
        {
            return 0;
        }

        var growth = Size;
        var rate = _consumed / elapsed.TotalSeconds;
        if (IsLimit(rate, least) && budget?.TryTake(growth) != false)
        {
            _rateBefore = rate;
            Size += growth;
            Measure(now);
            return growth;
        }

        // After a pause, or if there was too little, it counts anew.
        if (elapsed >= 2 * interval)
        {
            Measure(now);
        }

        return 0;
    }

    // Whether more could come if the window were larger. Not if there is always content that the consumer hasn't taken, nor if the last growth brought
    // nothing: a longer round trip with the same rate only means that content waits on the way.
    private bool IsLimit(double rate, TimeSpan least) =>
        2 * rate * least.TotalSeconds >= Size && _leastBuffered <= Size / 4 && rate >= _rateBefore * 1.125;
}
