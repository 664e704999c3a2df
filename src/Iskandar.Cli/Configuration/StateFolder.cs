namespace Iskandar.Cli.Configuration;

/// <summary>Where what outlives a run is kept.</summary>
internal static class StateFolder
{
    /// <summary>Iskandar's own folder in the one that the system has for a user's state. It may not exist yet.</summary>
    /// <param name="environment">Reads an environment variable.</param>
    /// <returns>Null when the user has no such folder.</returns>
    public static string? Find(Func<string, string?> environment)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var folder = environment("XDG_STATE_HOME") switch
        {
            _ when OperatingSystem.IsWindows() => Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData),
            _ when OperatingSystem.IsMacOS() => home.Length == 0 ? "" : Path.Combine(home, "Library", "Application Support"),
            // A relative path there is invalid and to be ignored (XDG Base Directory Specification).
            { Length: > 0 } xdg when Path.IsPathFullyQualified(xdg) => xdg,
            _ => home.Length == 0 ? "" : Path.Combine(home, ".local", "state"),
        };
        return folder.Length == 0 ? null : Path.Combine(folder, "iskandar");
    }
}
