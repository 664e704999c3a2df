using System.Globalization;
using Iskandar.Cli.Commands;

namespace Iskandar.Cli;

/// <summary>What the runtime reads once, before the first socket or the first work for the pool. What the environment says comes first.</summary>
internal static class RuntimeSettings
{
    private const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
    private const string EventLoops = "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT";

    /// <summary>To be called before anything else.</summary>
    /// <param name="args">The command line.</param>
    public static void Apply(string[] args)
    {
        // Neither pipeline blocks a thread, so completions may run where the event loop finds them: that saves a change of threads for
        // each receive (docs/adr/0004-inline-completions.md).
        Default(InlineCompletions, "1");
        if (args is [ServerCommand.Name, ..])
        {
            // One processor stays free for the rest of the machine, and a thread of the pool without work sleeps: docs/adr/0008-event-loops.md.
            Default(EventLoops, Math.Max(1, Environment.ProcessorCount - 1).ToString(CultureInfo.InvariantCulture));
            AppContext.SetData("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit", 0);
        }
    }

    private static void Default(string variable, string value)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable)))
        {
            Environment.SetEnvironmentVariable(variable, value);
        }
    }
}
