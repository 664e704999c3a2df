namespace Iskandar.Cli.Commands;

/// <summary>Shows all that is wrong with what was asked, one line each.</summary>
internal static class UsageProblems
{
    /// <returns><see cref="ExitCodes.Usage"/>.</returns>
    public static async Task<int> ShowAsync(IEnumerable<string> problems, TextWriter error)
    {
        foreach (var problem in problems)
        {
            await error.WriteLineAsync(problem);
        }

        return ExitCodes.Usage;
    }
}
