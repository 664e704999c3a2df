namespace Iskandar.FunctionalTests.Faults.Relay;

/// <summary>How bytes get through a relay: at once and as they come, unless a test wants it otherwise. Any of it may change at any time.</summary>
public sealed class Conditions
{
    private readonly Valve[] _valves = [new(), new()];

    /// <summary>How long bytes are on their way, in each direction.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>How many bytes a second pass, in each direction; 0 for as many as can.</summary>
    public int BytesPerSecond { get; set; }

    /// <summary>Whether each byte is written by itself.</summary>
    public bool IsFragmenting { get; set; }

    /// <summary>What new connections wait for.</summary>
    public Valve Door { get; } = new();

    public Valve Of(Direction direction) => _valves[(int)direction];

    /// <summary>Stops taking bytes of one direction until <see cref="Release"/>.</summary>
    public void Stall(Direction direction) => Of(direction).Close();

    /// <summary>Keeps all connections open, takes new ones, and delivers nothing until <see cref="Release"/>: not even that a peer has left.</summary>
    public void Blackhole()
    {
        Door.Close();
        foreach (var valve in _valves)
        {
            valve.Close();
        }
    }

    /// <summary>Ends stalls and the blackhole; what was held is delivered.</summary>
    public void Release()
    {
        Door.Open();
        foreach (var valve in _valves)
        {
            valve.Open();
        }
    }
}
