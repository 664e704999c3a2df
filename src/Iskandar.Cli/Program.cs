using Iskandar.Cli.Commands;

namespace Iskandar.Cli;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        // Read once by the runtime, before the first socket. Neither pipeline blocks a thread, so completions may run where the event loop
        // finds them: that saves a change of threads for each receive (docs/adr/0004-inline-completions.md).
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        return await CommandLine.RunAsync(args, Console.Out, Console.Error);
    }
}
