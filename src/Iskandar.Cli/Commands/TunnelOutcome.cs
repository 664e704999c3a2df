namespace Iskandar.Cli.Commands;

/// <summary>How a tunnel ended.</summary>
/// <param name="Failure">Why it could not go on, in words; null when it was told to stop.</param>
/// <param name="IsRefused">The server refused it for good.</param>
internal sealed record TunnelOutcome(string? Failure = null, bool IsRefused = false)
{
    /// <summary>One of <see cref="ExitCodes"/>.</summary>
    public int ExitCode => Failure is null ? ExitCodes.Success : IsRefused ? ExitCodes.Refused : ExitCodes.Failure;
}
