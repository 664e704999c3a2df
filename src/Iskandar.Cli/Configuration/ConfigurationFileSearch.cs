namespace Iskandar.Cli.Configuration;

/// <summary>Where the configuration file is.</summary>
internal static class ConfigurationFileSearch
{
    private const string Variable = "ISKANDAR_CONFIG";

    /// <summary>The file that was asked for, or the first of the usual ones that exists.</summary>
    /// <param name="flag">The value of <c>--config</c>, if any.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <param name="exists">Tells whether a file is there.</param>
    /// <param name="problems">Takes a complaint when the file that was asked for isn't there.</param>
    /// <returns>A path, or null: there is no file, and none is needed.</returns>
    public static string? Find(string? flag, Func<string, string?> environment, Func<string, bool> exists, ICollection<string> problems)
    {
        var (asked, place) = flag is null ? (environment(Variable), Variable) : (flag, "--config");
        if (flag is null && string.IsNullOrEmpty(asked))
        {
            return UsualPlaces(environment).FirstOrDefault(exists);
        }

        if (exists(asked!))
        {
            return asked;
        }

        problems.Add($"{place}: there is no file \"{asked}\".");
        return null;
    }

    private static IEnumerable<string> UsualPlaces(Func<string, string?> environment)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var folder = environment("XDG_CONFIG_HOME") switch
        {
            _ when OperatingSystem.IsWindows() => Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData),
            _ when OperatingSystem.IsMacOS() => home.Length == 0 ? "" : Path.Combine(home, "Library", "Application Support"),
            // A relative path there is invalid and to be ignored (XDG Base Directory Specification).
            { Length: > 0 } xdg when Path.IsPathRooted(xdg) => xdg,
            _ => home.Length == 0 ? "" : Path.Combine(home, ".config"),
        };
        if (folder.Length > 0)
        {
            yield return Path.Combine(folder, "iskandar", "iskandar.yml");
        }

        if (!OperatingSystem.IsWindows())
        {
            yield return "/etc/iskandar/iskandar.yml";
        }
    }
}
