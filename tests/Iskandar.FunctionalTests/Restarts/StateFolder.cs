namespace Iskandar.FunctionalTests.Restarts;

/// <summary>What outlives a process: where the server's secret and the clients' names are kept.</summary>
public sealed class StateFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("iskandar-state-");

    /// <summary>Options for servers that share a secret, and find it again.</summary>
    public string[] ServerOptions => ["--secret-file", Path.Combine(_folder.FullName, "secret")];

    /// <summary>For clients that find the names of earlier ones.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["XDG_STATE_HOME"] = _folder.FullName };

    /// <summary>Whether a client has kept a name.</summary>
    public bool HasNames => _folder.EnumerateFiles("*.json", SearchOption.AllDirectories).Any(static file => file.Length > 0);

    /// <summary>Makes the servers forget: the next one has another secret.</summary>
    public void ForgetSecret() => File.Delete(Path.Combine(_folder.FullName, "secret"));

    /// <summary>A folder with the same in it.</summary>
    public StateFolder Copy()
    {
        var copy = new StateFolder();
        foreach (var folder in _folder.EnumerateDirectories("*", SearchOption.AllDirectories))
        {
            var made = Directory.CreateDirectory(In(copy, folder));
            if (!OperatingSystem.IsWindows())
            {
                made.UnixFileMode = folder.UnixFileMode;
            }
        }

        foreach (var file in _folder.EnumerateFiles("*.json", SearchOption.AllDirectories))
        {
            file.CopyTo(In(copy, file));
        }

        return copy;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string In(StateFolder copy, FileSystemInfo entry) => Path.Combine(copy._folder.FullName, Path.GetRelativePath(_folder.FullName, entry.FullName));
}
