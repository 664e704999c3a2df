namespace Iskandar.Tests.Cli;

/// <summary>A folder of its own for a test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public const UnixFileMode Mode600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    public const UnixFileMode Mode700 = Mode600 | UnixFileMode.UserExecute;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("iskandar-test-");

    public string Root => _folder.FullName;

    public string Path(params ReadOnlySpan<string> names) => System.IO.Path.Combine([Root, .. names]);

    public string Write(string name, string text)
    {
        File.WriteAllText(Path(name), text);
        return Path(name);
    }

    /// <summary>The mode of a file or folder. The test is skipped where there are none.</summary>
    public static UnixFileMode ModeOf(string path)
    {
        SkipWithoutModes();
        return OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);
    }

    /// <summary>Sets the mode of a file.</summary>
    public static void SetMode(string path, UnixFileMode mode)
    {
        SkipWithoutModes();
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static void SkipWithoutModes() => Assert.SkipWhen(OperatingSystem.IsWindows(), "This system has no modes of files.");
}
