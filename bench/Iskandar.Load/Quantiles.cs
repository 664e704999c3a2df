namespace Iskandar.Load;

/// <summary>The distribution of some latencies, in milliseconds.</summary>
internal sealed record Quantiles(double P50, double P99, double P999, double Max)
{
    public static Quantiles Of(IEnumerable<double> latencies)
    {
        var sorted = latencies.Order().ToArray();
        return sorted.Length == 0 ? new(0, 0, 0, 0) : new(At(sorted, 0.5), At(sorted, 0.99), At(sorted, 0.999), At(sorted, 1));
    }

    private static double At(double[] sorted, double share) => Math.Round(sorted[(int)(share * (sorted.Length - 1))], 3);
}
