using Iskandar.Cli.Configuration;
using Spectre.Console;

namespace Iskandar.Cli.Rendering;

/// <summary>Chooses the view that suits where standard output goes.</summary>
internal static class TunnelViews
{
    public static ITunnelView Create(OriginSettings upstream, TimeProvider timeProvider)
    {
        if (Console.IsOutputRedirected || Environment.GetEnvironmentVariable("TERM") == "dumb")
        {
            return CreateLines(upstream, timeProvider);
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        return console.Profile.Capabilities.Ansi ? new LiveView(console, upstream, timeProvider) : CreateLines(upstream, timeProvider);
    }

    private static LineView CreateLines(OriginSettings upstream, TimeProvider timeProvider)
    {
        var view = new LineView(LineWriter.ForConsole(timeProvider));
        if (upstream.IsUnverified)
        {
            view.Notice(
                $"The certificate of {LineView.Url(upstream.Origin)} is not verified, since it is on this machine. To verify it: --upstream-tls-verify on");
        }

        return view;
    }
}
