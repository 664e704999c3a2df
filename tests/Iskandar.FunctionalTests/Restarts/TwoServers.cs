using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Restarts;

/// <summary>Two servers behind nginx, as docs/reliability.md says, an app and one client. The tunnel begins on the first server.</summary>
public sealed class TwoServers : IAsyncDisposable
{
    private readonly StateFolder _state = new();
    private readonly List<IAsyncDisposable> _parts = [];
    private NginxFront? _nginx;
    private IskandarServer? _first;
    private IskandarServer? _second;
    private TestOrigin? _origin;
    private IskandarClient? _client;

    private TwoServers()
    {
    }

    public NginxFront Nginx => _nginx!;

    public IskandarServer First => _first!;

    public IskandarServer Second => _second!;

    public TestOrigin Origin => _origin!;

    public IskandarClient Client => _client!;

    public static async Task<TwoServers> StartAsync()
    {
        var stage = new TwoServers();
        try
        {
            await stage.StartPartsAsync();
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>Restarts the server that has the tunnel, which is on the other one then.</summary>
    public async Task RestartAsync(IskandarServer server)
    {
        var lines = Client.Process.Output.Lines.Count;
        server.Process.Terminate();
        Assert.Equal(0, await server.Process.ExitAsync());
        await server.StartAgainAsync();
        await Client.OnlineAgainAsync(lines);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in Enumerable.Reverse(_parts))
        {
            await part.DisposeAsync();
        }

        _state.Dispose();
    }

    private async Task StartPartsAsync()
    {
        var port = NginxFront.NewPort();
        string[] options =
        [
            "--public-url", $"http://localhost:{port}", "--missing-tunnel-status", "421", "--trusted-proxies", "127.0.0.1", "--max-exchanges", "1000",
            .. _state.ServerOptions,
        ];
        _first = Keep(await IskandarServer.StartAsync(options));
        _second = Keep(await IskandarServer.StartAsync(options));
        _nginx = Keep(await NginxFront.StartAsync(port, _first.Port, _second.Port));
        _origin = Keep(await TestOrigin.StartAsync());
        _client = Keep(await IskandarClient.StartAsync(new Uri($"http://localhost:{port}"), _origin.Authority));
    }

    private T Keep<T>(T part)
        where T : IAsyncDisposable
    {
        _parts.Add(part);
        return part;
    }
}
