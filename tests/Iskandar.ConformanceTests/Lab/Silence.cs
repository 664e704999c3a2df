using System.Globalization;

namespace Iskandar.ConformanceTests.Lab;

/// <summary>Where time itself is what a row is about.</summary>
public static class Silence
{
    /// <summary>CONFORMANCE_SILENCE, in seconds, makes silences as long as one likes.</summary>
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(
        double.Parse(Environment.GetEnvironmentVariable("CONFORMANCE_SILENCE") ?? "1", CultureInfo.InvariantCulture));

    /// <summary>Nothing is sent for a while.</summary>
    public static Task KeepAsync(CancellationToken token) => Task.Delay(Length, token);

    /// <summary>The longest that a row may take.</summary>
    public static TimeSpan Limit => Length + TimeSpan.FromSeconds(15);

    /// <summary>For what may never happen: whether it does within a time that is long for it.</summary>
    public static async Task<bool> OpensWithinAsync(this Gate gate, TimeSpan time, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(time);
        try
        {
            await gate.PassAsync("a gate that may stay closed").WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // Then it didn't.
        }

        return gate.IsOpen;
    }
}
