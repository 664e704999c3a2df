using System.Globalization;

namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>A running <c>iskandar server</c>, and its visitors.</summary>
public sealed class IskandarServer : IAsyncDisposable
{
    private readonly string[] _options;
    private ProcessUnderTest? _process;

    private IskandarServer(string[] options)
    {
        _options = options;
        Port = Ports.Free();
        Url = new Uri($"http://localhost:{Port}/");
        Visitor = VisitorFactory.Create(Port);
    }

    public int Port { get; }

    public Uri Url { get; }

    /// <summary>Connects to this server, whatever the host of the URL is.</summary>
    public HttpClient Visitor { get; }

    public ProcessUnderTest Process => _process ?? throw new InvalidOperationException("Not running.");

    public static async Task<IskandarServer> StartAsync(params string[] options)
    {
        var server = new IskandarServer(options);
        try
        {
            await server.StartProcessAsync(null);
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
        var server = new IskandarServer(options);
        try
        {
            await server.StartProcessAsync(environment);
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

    /// <summary>Starts again on the same port.</summary>
    public async Task StartAgainAsync()
    {
        if (_process is not null)
        {
            await KillAsync();
        }

        await StartProcessAsync(null);
    }

    public async ValueTask DisposeAsync()
    {
        Visitor.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    private async Task StartProcessAsync(IReadOnlyDictionary<string, string>? environment)
    {
        string[] url = _options.Contains("--public-url") ? [] : ["--public-url", $"http://localhost:{Port}"];
        string[] arguments = ["server", .. url, "--listen", $"127.0.0.1:{Port}", .. _options];
        _process = ProcessUnderTest.Start(arguments, environment);
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
