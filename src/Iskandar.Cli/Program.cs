using Iskandar.Cli.Commands;

namespace Iskandar.Cli;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        RuntimeSettings.Apply(args);
        return await CommandLine.RunAsync(args, Console.Out, Console.Error);
    }
}
