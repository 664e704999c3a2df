using System.CommandLine;
using Iskandar.Cli.Configuration;
using Iskandar.Cli.Rendering;

namespace Iskandar.Cli.Commands;

/// <summary><c>iskandar http</c>: opens a tunnel to an app on this machine.</summary>
internal static class HttpCommand
{
    public const string Name = "http";

    public static Command Create()
    {
        var target = new Argument<string>("target")
        {
            Description = "Your app: a port, host:port, or an http or https URL without a path.",
            HelpName = "port|host:port|url",
        };
        var command = new Command(Name, "Opens a tunnel to an app on this machine, and shows its public URL and its requests.") { target };
        command.Aliases.Add("tunnel");
        var options = new SettingOptions(command, ClientSettings.All);
        command.SetAction((parsed, _) => RunAsync(parsed, parsed.GetRequiredValue(target), options));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string target, SettingOptions options)
    {
        var problems = new List<string>();
        var origin = OriginTarget.Parse(target, out var problem);
        if (problem is not null)
        {
            problems.Add(problem);
        }

        var settings = ClientSettings.Read(options.Read(parsed, "client", problems), problems);
        var error = parsed.InvocationConfiguration.Error;
        var upstream = origin is null ? null : settings.ForOrigin(origin, out problem);
        if (origin is not null && problem is not null)
        {
            problems.Add(problem);
        }

        if (upstream is null || problems.Count > 0)
        {
            return await UsageProblems.ShowAsync(problems, error);
        }

        using var signals = new StopSignals();
        TunnelOutcome outcome;
        await using (var view = TunnelViews.Create(upstream, TimeProvider.System))
        {
            outcome = await TunnelHost.RunAsync(upstream, settings, view, TimeProvider.System, signals.Stop);
        }

        if (outcome.Failure is { } failure)
        {
            await error.WriteLineAsync(VisibleText.From(failure));
        }

        return outcome.ExitCode;
    }
}
