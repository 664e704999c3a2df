using System.Diagnostics;
using System.Text.Json;

namespace Iskandar.ConformanceTests.Lab;

/// <summary>A running script for Node.js.</summary>
public sealed class Script : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    // <root>/artifacts/bin/Iskandar.ConformanceTests/release/
    private static readonly DirectoryInfo Artifacts = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Parent!.Parent!;

    private readonly Process _process;
    private readonly OutputLog _output = new("standard output");
    private readonly OutputLog _errors = new("standard error");
    private readonly Task _reading;

    private Script(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(_output.FillAsync(process.StandardOutput), _errors.FillAsync(process.StandardError));
    }

    /// <summary>Where screenshots go.</summary>
    public static string Screenshots => Path.Combine(Artifacts.FullName, "conformance");

    /// <summary>Whether there is something to run the scripts of a folder with; <c>./test</c> brings what npm has.</summary>
    public static bool CanRun(string folder) => Tool.Find("node") is not null && Directory.Exists(Modules(folder));

    public static Script Start(string folder, string file, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Tool.Find("node")!, [Path.Combine(AppContext.BaseDirectory, folder, file), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["NODE_PATH"] = Modules(folder) },
        };
        return new Script(Process.Start(start)!);
    }

    /// <summary>The port that an app prints when it listens.</summary>
    public async Task<int> PortAsync() => (await ReadAsync("a port", static line => line.Port is null ? null : line)).Port!.Value;

    /// <summary>What a client prints of one case.</summary>
    public Task<Seen> SeenAsync(string behaviour) =>
        ReadAsync(behaviour, line => line.Case == behaviour ? new Seen(line.Outcome!, line.Expected!) : null);

    /// <summary>The cases that a client has printed by its end.</summary>
    public async Task<IReadOnlyList<string>> CasesAsync()
    {
        await _reading.WithinAsync("the end of the script");
        return [.. _output.Lines.Select(Parse).Select(static line => line?.Case).OfType<string>()];
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        await _reading;
        _process.Dispose();
    }

    private static string Modules(string folder) => Path.Combine(Artifacts.FullName, "conformance", folder.ToLowerInvariant(), "node_modules");

    private static Line? Parse(string line) => line.StartsWith('{') ? JsonSerializer.Deserialize<Line>(line, Json) : null;

    private async Task<T> ReadAsync<T>(string what, Func<Line, T?> read)
        where T : class
    {
        T? found = null;
        try
        {
            await _output.WaitForAsync(line => Parse(line) is { } parsed && (found = read(parsed)) is not null, what);
            return found!;
        }
        catch (InvalidOperationException fault)
        {
            throw new InvalidOperationException($"{fault.Message}\n{_errors.Text}", fault);
        }
    }

    private sealed record Line(int? Port, string? Case, string? Outcome, string? Expected);
}

/// <summary>What came out of a case of a script, and what comes out with nothing in between.</summary>
public sealed record Seen(string Outcome, string Expected);
