using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Iskandar.Cli.Configuration;

using Section = Dictionary<string, IReadOnlyList<SettingValue>>;

/// <summary>
/// <c>iskandar.yml</c>: a mapping of sections, each a mapping of settings to a value or a list of values. What isn't known is an error,
/// because it is most likely a typing error.
/// </summary>
internal static class ConfigurationFile
{
    private static readonly Section Nothing = [];

    private static readonly Dictionary<string, IReadOnlyList<Setting>> Sections = new(StringComparer.Ordinal)
    {
        ["client"] = ClientSettings.All,
        ["server"] = ServerSettings.All,
    };

    /// <summary>Reads a section of the file; an empty one when there is no file.</summary>
    /// <param name="path">The file, or null.</param>
    /// <param name="wanted">The section.</param>
    /// <param name="problems">Takes what is wrong with the file, all of it.</param>
    public static Section Read(string? path, string wanted, ICollection<string> problems)
    {
        if (path is null)
        {
            return Nothing;
        }

        try
        {
            using var reader = new StreamReader(path);
            return Parse(reader, path, wanted, problems);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{path}: can't be read: {exception.Message}");
            return Nothing;
        }
    }

    /// <summary>The same, from text.</summary>
    public static Section Parse(TextReader text, string path, string wanted, ICollection<string> problems)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(text);
        }
        catch (YamlException exception)
        {
            problems.Add($"{Place(path, exception.Start)}: not YAML: {exception.Message}");
            return Nothing;
        }

        if (stream.Documents is not [{ RootNode: var root }, ..] || IsNothing(root))
        {
            return Nothing;
        }

        if (stream.Documents.Count > 1 || root is not YamlMappingNode mapping)
        {
            problems.Add($"{path}: expected one mapping with the sections {string.Join(", ", Sections.Keys)}.");
            return Nothing;
        }

        // Sections for other commands are checked too: an error is best shown on the day it is made.
        var found = Nothing;
        foreach (var (key, node) in mapping.Children)
        {
            if (key is not YamlScalarNode { Value: { } name } || !Sections.TryGetValue(name, out var settings))
            {
                problems.Add($"{Place(path, key.Start)}: expected one of the sections {string.Join(", ", Sections.Keys)}, got \"{key}\".");
                continue;
            }

            var section = ParseSection(node, name, settings, path, problems);
            found = name == wanted ? section : found;
        }

        return found;
    }

    private static Section ParseSection(YamlNode node, string section, IReadOnlyList<Setting> settings, string path, ICollection<string> problems)
    {
        if (IsNothing(node))
        {
            return Nothing;
        }

        if (node is not YamlMappingNode mapping)
        {
            problems.Add($"{Place(path, node.Start)}: expected settings under {section}.");
            return Nothing;
        }

        var found = new Section(StringComparer.Ordinal);
        foreach (var (key, value) in mapping.Children)
        {
            var setting = settings.FirstOrDefault(setting => setting.Name == (key as YamlScalarNode)?.Value);
            if (setting is null)
            {
                problems.Add($"{Place(path, key.Start)}: {section} has no setting \"{key}\". It has: {string.Join(", ", settings.Select(s => s.Name))}.");
                continue;
            }

            var place = $"{Place(path, key.Start)}: {section}.{setting.Name}";
            switch (value)
            {
                case YamlScalarNode scalar when !IsNothing(scalar):
                    found[setting.Name] = [new SettingValue(scalar.Value!, place)];
                    break;
                case YamlSequenceNode sequence when setting.IsList && sequence.All(item => item is YamlScalarNode && !IsNothing(item)):
                    found[setting.Name] = [.. sequence.Select(item => new SettingValue(((YamlScalarNode)item).Value!, place))];
                    break;
                default:
                    problems.Add($"{place}: expected {(setting.IsList ? "a value or a list of values" : "a value")}.");
                    break;
            }
        }

        return found;
    }

    private static bool IsNothing(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" };

    private static string Place(string path, Mark mark) => string.Create(CultureInfo.InvariantCulture, $"{path}:{mark.Line}");
}
