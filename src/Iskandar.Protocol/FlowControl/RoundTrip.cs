namespace Iskandar.Protocol.FlowControl;

/// <summary>The round trip of a connection, measured with pings while content flows. Not safe for concurrent use.</summary>
/// <param name="time">The clock of all timestamps.</param>
internal sealed class RoundTrip(TimeProvider time)
{
    // The first measurements are wanted soon: no window grows without.
    private const int FirstMeasurements = 4;

    // Content that waits in queues delays the answer: only the smallest of many says how long the way is.
    private const int Recent = 16;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly TimeSpan[] _recent = new TimeSpan[Recent];
    private int _count;
    private int _next;
    private ulong _opaque;
    private long _begun;
    private bool _isUnderWay;

    /// <summary>The smallest of the recent measurements; null before the first.</summary>
    public TimeSpan? Least { get; private set; }

    /// <summary>Whether it is time for another measurement. Costs next to nothing if it isn't.</summary>
    /// <param name="now">A timestamp of the clock.</param>
    /// <param name="opaque">What the PING to be sent now holds.</param>
    public bool TryBegin(long now, out ulong opaque)
    {
        if (_isUnderWay || (_count >= FirstMeasurements && Between(_begun, now) < Interval))
        {
            opaque = 0;
            return false;
        }

        _isUnderWay = true;
        _begun = now;
        opaque = ++_opaque;
        return true;
    }

    /// <summary>Takes the answer.</summary>
    /// <param name="opaque">What the PONG holds.</param>
    /// <param name="now">A timestamp of the clock.</param>
    /// <returns>False when nobody asked for it.</returns>
    public bool TryEnd(ulong opaque, long now)
    {
        if (!_isUnderWay || opaque != _opaque)
        {
            return false;
        }

        _isUnderWay = false;
        _recent[_next] = Between(_begun, now);
        _next = (_next + 1) % Recent;
        _count = Math.Min(_count + 1, Recent);
        var least = _recent[0];
        for (var i = 1; i < _count; i++)
        {
            least = least <= _recent[i] ? least : _recent[i];
        }

        Least = least;
        return true;
    }

    /// <summary>The time between two timestamps of the clock.</summary>
    public TimeSpan Between(long since, long now) => time.GetElapsedTime(since, now);
}
