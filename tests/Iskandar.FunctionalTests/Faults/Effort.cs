using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Faults;

/// <summary>How much the tests do: enough for every run, or with <c>ISKANDAR_FAULTS=long</c> what takes long.</summary>
public static class Effort
{
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("ISKANDAR_FAULTS") == "long";

    public static long TransferBytes { get; } = IsLong ? 1L << 30 : 64L << 20;

    public static int TransferCuts { get; } = IsLong ? 100 : 10;

    public static int BusyCuts { get; } = IsLong ? 1_000 : 100;

    public static TimeSpan Blackhole { get; } = TimeSpan.FromSeconds(IsLong ? 30 : 0);

    public static TimeSpan ClientStop { get; } = IsLong ? TimeSpan.FromMinutes(10) : TimeSpan.FromSeconds(20);

    /// <summary>Longer than anything here takes that goes well.</summary>
    public static TimeSpan LongestWait { get; } = IsLong ? TimeSpan.FromMinutes(20) : TimeSpan.FromSeconds(60);

    /// <summary>For the whole of a workload that goes on while there are faults.</summary>
    public static async Task AllAsync(string what, params Task[] parts)
    {
        // What fails by itself says better what for.
        var all = UntilOneFailsAsync(parts);
        await Task.WhenAny(all).WithinAsync(what, LongestWait.TotalSeconds);
        await all;
    }

    private static async Task UntilOneFailsAsync(Task[] parts)
    {
        await foreach (var part in Task.WhenEach(parts))
        {
            await part;
        }
    }
}
