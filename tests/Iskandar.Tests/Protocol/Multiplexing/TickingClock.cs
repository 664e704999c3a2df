namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>A clock on which time passes by being looked at: everything takes a while, and nothing depends on how long it really took.</summary>
internal sealed class TickingClock : TimeProvider
{
    private static readonly long Tick = TimeSpan.FromMilliseconds(3).Ticks;

    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Add(ref _now, Tick);
}
