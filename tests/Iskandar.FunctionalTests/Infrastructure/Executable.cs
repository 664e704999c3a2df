namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>Where the executable under test is: beside these tests in the artifacts folder, unless ISKANDAR_EXE says otherwise.</summary>
public static class Executable
{
    public static string Path { get; } = Find();

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("ISKANDAR_EXE") is { Length: > 0 } path)
        {
            return path;
        }

        // artifacts/bin/Iskandar.FunctionalTests/debug/ -> artifacts/bin/Iskandar.Cli/debug/
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        var name = OperatingSystem.IsWindows() ? "iskandar.exe" : "iskandar";
        return System.IO.Path.Combine(folder.Parent!.Parent!.FullName, "Iskandar.Cli", folder.Name, name);
    }
}
