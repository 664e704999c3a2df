namespace Iskandar.Cli.Configuration;

/// <summary>One thing that a user can set. Flag, environment variable and key of the configuration file all follow from its name.</summary>
/// <param name="Name">In kebab-case.</param>
/// <param name="ValueName">What the help shows for its value.</param>
/// <param name="Help">What it does, its unit and its default.</param>
/// <param name="IsList">Whether it may be given several times.</param>
internal sealed record Setting(string Name, string ValueName, string Help, bool IsList = false)
{
    public string Flag => "--" + Name;

    public string Variable => "ISKANDAR_" + Name.Replace('-', '_').ToUpperInvariant();
}

/// <summary>What somebody set, and where, so that a complaint can point at it.</summary>
/// <param name="Text">As written.</param>
/// <param name="Place">A flag, a variable, or a key with file and line.</param>
internal sealed record SettingValue(string Text, string Place)
{
    public string Complaint(string expected) => $"{Place}: expected {expected}, got \"{Text}\".";
}
