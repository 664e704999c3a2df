using System.Globalization;

namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>A running <c>iskandar server</c>, and its visitors.</summary>
public sealed class IskandarServer : IAsyncDisposable
{
    private readonly string[] _options;
    private readonly IReadOnlyDictionary<string, string>? _environment;
    private ProcessUnderTest? _process;

    private IskandarServer(string[] options, IReadOnlyDictionary<string, string>? environment = null)
    {
        _options = options;
        _environment = environment;
        Port = Ports.Free();
        Url = new Uri($"http://localhost:{Port}/");
        Visitor = VisitorFactory.Create(Port);
    }

    public int Port { get; }

    public Uri Url { get; }

    /// <summary>Connects to this server, whatever the host of the URL is.</summary>
    public HttpClient Visitor { get; }

    /// <summary>What the process said that runs, if one does.</summary>
    public OutputLog? Errors => _process?.Errors;

    public ProcessUnderTest Process => _process ?? throw new InvalidOperationException("Not running.");

    public static async Task<IskandarServer> StartAsync(params string[] options)
    {
        var server = new IskandarServer(options);
        try
        {
            await server.StartProcessAsync();
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    public static async Task<IskandarServer> StartAsync(IReadOnlyDictionary<string, string> environment, params string[] options)
    {
        var server = new IskandarServer(options, environment);
        try
        {
            await server.StartProcessAsync();
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    public string HostOf(string name) => string.Create(CultureInfo.InvariantCulture, $"{name}.localhost:{Port}");

    public Task<RawVisitor> ConnectAsync(int receiveBuffer = 0) => RawVisitor.ConnectAsync(Port, receiveBuffer);

    public async Task KillAsync()
    {
        await Process.DisposeAsync();
        _process = null;
    }

    /// <summary>Starts again, on the same port and in the same environment.</summary>
    public async Task StartAgainAsync()
    {
        if (_process is not null)
        {
            await KillAsync();
        }

        await StartProcessAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Visitor.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    private async Task StartProcessAsync()
    {
        string[] url = _options.Contains("--public-url") ? [] : ["--public-url", $"http://localhost:{Port}"];
        string[] arguments = ["server", .. url, "--listen", $"127.0.0.1:{Port}", .. _options];
        _process = ProcessUnderTest.Start(arguments, _environment);
        try
        {
            await _process.Output.WaitForAsync(line => line.StartsWith("Listening on", StringComparison.Ordinal), "'Listening on'");
        }
        catch (InvalidOperationException fault)
        {
            throw new InvalidOperationException($"{fault.Message}\n{_process.Errors.Text}", fault);
        }
    }
}
