namespace Iskandar.Cli.Configuration;

/// <summary>Finds what was set: flag before environment variable before configuration file.</summary>
internal sealed class SettingReader(
    IReadOnlyDictionary<string, IReadOnlyList<string>> flags,
    Func<string, string?> environment,
    IReadOnlyDictionary<string, IReadOnlyList<SettingValue>> section)
{
    /// <summary>The values of the first place where the setting stands; empty when it stands nowhere.</summary>
    public IReadOnlyList<SettingValue> Read(Setting setting)
    {
        if (flags.TryGetValue(setting.Name, out var given) && given.Count > 0)
        {
            return Split(setting, given.Select(text => new SettingValue(text, setting.Flag)));
        }

        // An empty variable counts as absent: that is how compose files and unit files leave one out.
        if (environment(setting.Variable) is { Length: > 0 } variable)
        {
            return Split(setting, [new SettingValue(variable, setting.Variable)]);
        }

        return section.TryGetValue(setting.Name, out var written) ? Split(setting, written) : [];
    }

    /// <summary>The same for a setting that has one value.</summary>
    public SettingValue? ReadOne(Setting setting) => Read(setting) is [var value, ..] ? value : null;

    private static List<SettingValue> Split(Setting setting, IEnumerable<SettingValue> values)
    {
        if (!setting.IsList)
        {
            return [.. values];
        }

        const StringSplitOptions Options = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        return [.. values.SelectMany(value => value.Text.Split(',', Options).Select(part => value with { Text = part }))];
    }
}
