using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>One process of the executable under test, with nothing of the user's environment, killed on disposal.</summary>
public sealed class ProcessUnderTest : IAsyncDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _home;
    private readonly Task _reading;

    private ProcessUnderTest(Process process, DirectoryInfo home)
    {
        _process = process;
        _home = home;
        _reading = Task.WhenAll(Output.FillAsync(process.StandardOutput), Errors.FillAsync(process.StandardError));
    }

    public OutputLog Output { get; } = new("standard output");

    public OutputLog Errors { get; } = new("standard error");

    public static ProcessUnderTest Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        Start([Executable.Path], arguments, environment);

    /// <param name="command">The executable under test, behind a program that becomes it.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">What it has in its environment besides what the tests have.</param>
    public static ProcessUnderTest Start(
        IReadOnlyList<string> command, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var home = Directory.CreateTempSubdirectory("iskandar-test-");
        var start = new ProcessStartInfo(command[0], [.. command.Skip(1), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = home.FullName,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("ISKANDAR_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var name in (string[])["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "APPDATA"])
        {
            start.Environment[name] = home.FullName;
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new ProcessUnderTest(Process.Start(start)!, home);
    }

    /// <summary>Runs the executable to its end.</summary>
    public static async Task<ProcessResult> RunAsync(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        await using var process = Start(arguments, environment);
        var exitCode = await process.ExitAsync();
        return new ProcessResult(exitCode, process.Output.Text, process.Errors.Text);
    }

    /// <summary>Waits until the process has ended by itself; its exit code.</summary>
    public async Task<int> ExitAsync()
    {
        try
        {
            await _process.WaitForExitAsync(Bounded.Token());
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The process did not end.\n{Output.Text}\n{Errors.Text}");
        }

        await _reading.WithinAsync("the end of the process's output");
        return _process.ExitCode;
    }

    public bool HasExited => _process.HasExited;

    /// <summary>The memory that the process holds.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>The inodes of its open sockets, as Linux tells them.</summary>
    public IReadOnlySet<string> Sockets()
    {
        const string Kind = "socket:[";
        return Directory.EnumerateFiles($"/proc/{_process.Id}/fd")
            .Select(static descriptor => new FileInfo(descriptor).LinkTarget)
            .Where(static target => target?.StartsWith(Kind, StringComparison.Ordinal) is true)
            .Select(static target => target![Kind.Length..^1])
            .ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>What Ctrl+C sends.</summary>
    public void Interrupt() => Signal(2);

    /// <summary>What a service manager sends.</summary>
    public void Terminate() => Signal(15);

    /// <summary>SIGSTOP: the process stands still, as one does whose machine sleeps. Numbered as on Linux. When it returns, every thread does.</summary>
    public async Task PauseAsync()
    {
        Signal(19);
        await Eventually.TrueAsync(
            () => Task.FromResult(Directory.EnumerateDirectories($"/proc/{_process.Id}/task").All(static thread => File.ReadAllText(thread + "/stat").Split(") ")[^1][0] == 'T')),
            "the process stands still");
    }

    /// <summary>SIGCONT.</summary>
    public void Resume() => Signal(18);

    /// <summary>SIGKILL: the process gets no chance to say goodbye.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        await _reading;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
        _home.Delete(recursive: true);
    }

    private void Signal(int signal)
    {
        if (Kill(_process.Id, signal) != 0)
        {
            throw new InvalidOperationException($"kill({_process.Id}, {signal}): error {Marshal.GetLastPInvokeError()}.");
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}

/// <summary>What a process that has ended left behind.</summary>
public sealed record ProcessResult(int ExitCode, string Output, string Errors);
