namespace Iskandar.Cli.Commands;

/// <summary>What a script finds in <c>$?</c>.</summary>
internal static class ExitCodes
{
    /// <summary>Did what was asked; stopped when told to.</summary>
    public const int Success = 0;

    /// <summary>Could not do it.</summary>
    public const int Failure = 1;

    /// <summary>Not a thing that can be asked: a bad flag, argument, variable or file.</summary>
    public const int Usage = 2;

    /// <summary>The server refused the tunnel for good: asking again would not help.</summary>
    public const int Refused = 3;

    /// <summary>Interrupted a second time, without waiting for what was in flight (128 + SIGINT).</summary>
    public const int Interrupted = 130;
}
