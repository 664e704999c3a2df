using Spectre.Console;

namespace Iskandar.Cli.Rendering;

/// <summary>Chooses the view that suits where standard output goes.</summary>
internal static class TunnelViews
{
    public static ITunnelView Create(Uri origin, TimeProvider timeProvider)
    {
        if (Console.IsOutputRedirected || Environment.GetEnvironmentVariable("TERM") == "dumb")
        {
            return new LineView(LineWriter.ForConsole(timeProvider));
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        return console.Profile.Capabilities.Ansi
            ? new LiveView(console, origin, timeProvider)
            : new LineView(LineWriter.ForConsole(timeProvider));
    }
}
