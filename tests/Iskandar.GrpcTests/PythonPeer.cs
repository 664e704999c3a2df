using System.Diagnostics;
using System.Globalization;

namespace Iskandar.GrpcTests;

/// <summary>A Python program that speaks gRPC by grpcio: another implementation than ours is built on.</summary>
internal sealed class PythonPeer : IAsyncDisposable
{
    private static readonly Lazy<Task<string?>> Interpreter = new(FindAsync);

    private readonly Process _process;
    private readonly Task _reading;

    private PythonPeer(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(Output.FillAsync(process.StandardOutput), Errors.FillAsync(process.StandardError));
    }

    public OutputLog Output { get; } = new("standard output");

    public OutputLog Errors { get; } = new("standard error");

    /// <summary>Starts a script, or skips the test where there is no grpcio.</summary>
    public static async Task<PythonPeer> StartAsync(string script, params string[] arguments)
    {
        var python = await Interpreter.Value;
        Assert.SkipWhen(python is null, "python3 with grpcio is missing, so gRPC is not tested against another implementation: apt-get install python3-grpcio");
        return Start(python!, [Path.Combine(AppContext.BaseDirectory, "Python", script), .. arguments]);
    }

    /// <summary>Starts the app in Python.</summary>
    /// <returns>It, and its port.</returns>
    public static async Task<(PythonPeer Server, int Port)> StartServerAsync()
    {
        var server = await StartAsync("server.py");
        try
        {
            return (server, int.Parse(await server.Output.WaitForAsync(static _ => true, "its port"), CultureInfo.InvariantCulture));
        }
        catch (Exception fault) when (fault is InvalidOperationException or TimeoutException or FormatException)
        {
            await server.DisposeAsync();
            throw new InvalidOperationException($"{fault.Message}\n{server.Errors.Text}", fault);
        }
    }

    /// <summary>Waits until it has ended by itself; what it has said.</summary>
    public async Task<string> ReadToEndAsync()
    {
        await _process.WaitForExitAsync(Bounded.Token());
        await _reading.WithinAsync("the end of the program's output");
        return _process.ExitCode == 0 ? Output.Text : throw new InvalidOperationException($"Exit code {_process.ExitCode}.\n{Errors.Text}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        await _reading;
        _process.Dispose();
    }

    private static PythonPeer Start(string python, IEnumerable<string> arguments) => new(Process.Start(new ProcessStartInfo(python, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        Environment = { ["PYTHONDONTWRITEBYTECODE"] = "1" },
    })!);

    // Debian's own first: its packages don't reach another python3 that may come before it.
    private static async Task<string?> FindAsync()
    {
        foreach (var python in (string[])["/usr/bin/python3", "python3"])
        {
            try
            {
                await using var peer = Start(python, ["-c", "import grpc"]);
                await peer.ReadToEndAsync();
                return python;
            }
            catch (Exception fault) when (fault is System.ComponentModel.Win32Exception or InvalidOperationException)
            {
                // Not this one.
            }
        }

        return null;
    }
}
