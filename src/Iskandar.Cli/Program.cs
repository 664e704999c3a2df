using Iskandar.Cli.Commands;

namespace Iskandar.Cli;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        // Read once by the runtime, before the first socket. The client's pipeline never blocks a thread, so completions may run
        // where the event loop finds them. The server keeps the default: it runs other people's slow connections.
        if (args is ["http" or "tunnel", ..])
        {
            Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        }

        return await CommandLine.RunAsync(args, Console.Out, Console.Error);
    }
}
