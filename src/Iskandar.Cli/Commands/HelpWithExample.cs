using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Iskandar.Cli.Commands;

/// <summary>The usual help, followed by an example and what holds for all commands.</summary>
internal sealed class HelpWithExample(HelpAction usual, string epilogue) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var exitCode = usual.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Example:");
        output.WriteLine(parseResult.CommandResult.Command switch
        {
            { Name: ServerCommand.Name } => "  iskandar server --public-url https://tunnel.example.com --listen :8080",
            { Name: HttpCommand.Name } => "  iskandar http 3000 --server https://tunnel.example.com",
            _ => "  iskandar http 3000",
        });
        output.WriteLine();
        output.WriteLine(epilogue);
        return exitCode;
    }
}
