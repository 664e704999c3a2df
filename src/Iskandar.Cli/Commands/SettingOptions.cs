using System.CommandLine;
using Iskandar.Cli.Configuration;

namespace Iskandar.Cli.Commands;

/// <summary>
/// The flags of a command, one for each of its settings. All are text to the parser: values from flags, environment and file are then read by the same
/// code, and complained about together.
/// </summary>
internal sealed class SettingOptions
{
    private readonly Option<string?> _config = new("--config")
    {
        HelpName = "file",
        Description = "The configuration file, instead of the usual one.",
    };

    private readonly List<(Setting Setting, Option Option)> _options = [];

    /// <summary>Gives a command its flags.</summary>
    public SettingOptions(Command command, IEnumerable<Setting> settings)
    {
        foreach (var setting in settings)
        {
            Option option = setting.IsList
                ? new Option<string[]?>(setting.Flag) { HelpName = setting.ValueName, Description = setting.Help, Arity = ArgumentArity.OneOrMore }
                : new Option<string?>(setting.Flag) { HelpName = setting.ValueName, Description = setting.Help, Arity = ArgumentArity.ExactlyOne };
            _options.Add((setting, option));
            command.Add(option);
        }

        command.Add(_config);
    }

    /// <summary>A reader of what was set in any place.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="section">The command's section of the configuration file.</param>
    /// <param name="problems">Takes what is wrong with the file.</param>
    public SettingReader Read(ParseResult parsed, string section, ICollection<string> problems)
    {
        var flags = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var (setting, option) in _options)
        {
            if (parsed.GetResult(option) is { } given)
            {
                flags[setting.Name] = [.. given.Tokens.Select(token => token.Value)];
            }
        }

        var path = ConfigurationFileSearch.Find(parsed.GetValue(_config), Environment.GetEnvironmentVariable, File.Exists, problems);
        return new SettingReader(flags, Environment.GetEnvironmentVariable, ConfigurationFile.Read(path, section, problems));
    }
}
