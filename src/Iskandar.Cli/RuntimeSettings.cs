using System.Globalization;
using Iskandar.Cli.Commands;

namespace Iskandar.Cli;

/// <summary>What the runtime reads once, before the first socket or the first work for the pool. What the environment says comes first.</summary>
internal static class RuntimeSettings
{
    private const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
    private const int MostClientLoops = 4;
    private const string EventLoops = "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT";

    /// <summary>How many event loops the runtime has, if it completes what waits for sockets on them (Linux); else none.</summary>
    public static int EventLoopCount => !OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable(InlineCompletions) != "1" ? 0
        : int.TryParse(Environment.GetEnvironmentVariable(EventLoops), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 ? count
        : Environment.ProcessorCount;

    /// <summary>To be called before anything else.</summary>
    /// <param name="args">The command line.</param>
    public static void Apply(string[] args)
    {
        // Neither pipeline blocks a thread, so completions may run where the event loop finds them: that saves a change of threads for
        // each receive (docs/adr/0004-inline-completions.md).
        Default(InlineCompletions, "1");

        // What a request needs is done on the event loops, so a thread of the pool that searches for work takes a processor from those who have some.
        AppContext.SetData("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit", 0);
        if (args is [ServerCommand.Name, ..])
        {
            // One processor stays free for the rest of the machine: docs/adr/0008-event-loops.md.
            Default(EventLoops, Math.Max(1, Environment.ProcessorCount - 1).ToString(CultureInfo.InvariantCulture));
        }
        else
        {
            // As few as do the work: one that is there is awake, others have to be woken (docs/adr/0012-wakefulness.md).
            Default(EventLoops, Math.Clamp(Environment.ProcessorCount / 2, 1, MostClientLoops).ToString(CultureInfo.InvariantCulture));
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
