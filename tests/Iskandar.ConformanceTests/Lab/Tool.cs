using System.Diagnostics;

namespace Iskandar.ConformanceTests.Lab;

/// <summary>Programs that nobody here wrote, if they are installed.</summary>
public static class Tool
{
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin")
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    /// <summary>Runs a program to its end; killed when the token says so.</summary>
    public static async Task<ProcessResult> RunAsync(string path, IEnumerable<string> arguments, CancellationToken token, string input = "")
    {
        var start = new ProcessStartInfo(path, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await GiveAsync(process.StandardInput, input, token);
            await process.WaitForExitAsync(token);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        return new ProcessResult(process.ExitCode, await output, await errors);
    }

    private static async Task GiveAsync(StreamWriter standardInput, string input, CancellationToken token)
    {
        try
        {
            await using (standardInput)
            {
                await standardInput.WriteAsync(input.AsMemory(), token);
            }
        }
        catch (IOException)
        {
            // The program has ended without wanting it.
        }
    }
}
