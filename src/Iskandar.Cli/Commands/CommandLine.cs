using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;

namespace Iskandar.Cli.Commands;

/// <summary>The commands, and what is common to all of them: help, version, and how a usage error looks.</summary>
internal static class CommandLine
{
    private const string Epilogue = """
        Every option can be set in four places: flag, then ISKANDAR_* environment variable, then configuration file, then default.
        Configuration file: --config, or ISKANDAR_CONFIG, or iskandar/iskandar.yml in your configuration folder, or /etc/iskandar/iskandar.yml.

        Exit codes:
          0    done
          1    failed: the reason is on standard error
          2    usage: a bad flag, argument, variable or file
          3    the server refused the tunnel for good: the reason is on standard error
          130  interrupted twice
        """;

    /// <summary>Parses the arguments and runs what they ask for.</summary>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var root = CreateRoot();
        var invocation = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            // Signals are StopSignals' business.
            ProcessTerminationTimeout = null,
        };

        // No response files: an argument that begins with "@" is just an argument.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
        {
            return await ShowUsageErrorAsync(parsed, error);
        }

        try
        {
            return await parsed.InvokeAsync(invocation);
        }
        catch (Exception exception)
        {
            // Nothing that was foreseen: whoever reports it needs all of it.
            await error.WriteLineAsync($"iskandar failed. {exception}");
            return ExitCodes.Failure;
        }
    }

    /// <summary>The product's version, without the build's own suffix.</summary>
    public static string Version
    {
        get
        {
            var version = typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
            return version.Split('+')[0];
        }
    }

    private static RootCommand CreateRoot()
    {
        var root = new RootCommand("Makes an app on this machine reachable from the internet, through your own server.")
        {
            HttpCommand.Create(),
            ServerCommand.Create(),
        };
        foreach (var option in root.Options)
        {
            switch (option)
            {
                case HelpOption help:
                    help.Action = new HelpWithExample((HelpAction)help.Action!, Epilogue);
                    break;
                case VersionOption version:
                    version.Action = new ShowVersion();
                    break;
            }
        }

        return root;
    }

    private static async Task<int> ShowUsageErrorAsync(ParseResult parsed, TextWriter error)
    {
        foreach (var problem in parsed.Errors)
        {
            await error.WriteLineAsync(problem.Message);
        }

        var path = parsed.CommandResult.Command is RootCommand ? "iskandar" : $"iskandar {parsed.CommandResult.Command.Name}";
        await error.WriteLineAsync($"See: {path} --help");
        return ExitCodes.Usage;
    }

    private sealed class ShowVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"iskandar {Version}");
            return ExitCodes.Success;
        }
    }
}
