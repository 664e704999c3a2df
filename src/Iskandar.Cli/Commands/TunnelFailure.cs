using Iskandar.Client;

namespace Iskandar.Cli.Commands;

/// <summary>Why a tunnel could not go on.</summary>
/// <param name="Problem">What happened, for a person.</param>
/// <param name="IsRefused">The server refused it, and asking again would not help.</param>
internal sealed record TunnelFailure(string Problem, bool IsRefused)
{
    /// <summary>What a script finds in <c>$?</c>.</summary>
    public int ExitCode => IsRefused ? ExitCodes.Refused : ExitCodes.Failure;

    /// <summary>The failure that the tunnel's last state tells of.</summary>
    public static TunnelFailure Of(TunnelStatus last) => new(last.Problem ?? "The tunnel has ended.", last.IsRefused);
}
