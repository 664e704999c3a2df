using System.CommandLine;
using Iskandar.Cli.Configuration;

namespace Iskandar.Cli.Commands;

/// <summary><c>iskandar server</c>: runs the tunnel server.</summary>
internal static class ServerCommand
{
    public const string Name = "server";

    public static Command Create()
    {
        var command = new Command(Name, "Runs the tunnel server.");
        var options = new SettingOptions(command, ServerSettings.All);
        command.SetAction((parsed, _) => RunAsync(parsed, options));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, SettingOptions options)
    {
        var problems = new List<string>();
        var settings = ServerSettings.Read(options.Read(parsed, "server", problems), problems);
        var invocation = parsed.InvocationConfiguration;
        if (problems.Count > 0)
        {
            return await UsageProblems.ShowAsync(problems, invocation.Error);
        }

        using var signals = new StopSignals();
        var failure = await ServerHost.RunAsync(settings, invocation.Output, invocation.Error, signals.Stop);
        if (failure is null)
        {
            return ExitCodes.Success;
        }

        await invocation.Error.WriteLineAsync(failure);
        return ExitCodes.Failure;
    }
}
