using Iskandar.ConformanceTests.Table;

[assembly: AssemblyFixture(typeof(Iskandar.ConformanceTests.Lab.Laboratory))]

namespace Iskandar.ConformanceTests.Lab;

/// <summary>Everything that rows are tried on, started once: apps, server, tunnels, nginx. At its end the table is written.</summary>
public sealed class Laboratory : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _parts = [];
    private readonly TestCertificate _certificate = new();
    private IskandarServer? _server;

    public Outcomes Outcomes { get; } = new();

    public IskandarServer Server => _server ?? throw new InvalidOperationException("Not started.");

    /// <summary>Direct, through Iskandar and, if it is there, through nginx.</summary>
    public IReadOnlyList<Target> Targets { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        var edge = EdgePorts.Free();
        _server = Keep(await IskandarServer.StartAsync(["--listen", $"h2c://127.0.0.1:{edge.Clear},https://127.0.0.1:{edge.Tls}", .. _certificate.Options]));
        var app = Keep(await TestOrigin.StartAsync());
        var bytes = Keep(new ByteOrigin());
        var vacant = Ports.Free();
        var scripts = Keep(new ScriptedApp(this, "Node", "app.js"));
        var pages = Keep(new ScriptedApp(
            this, "Vite", "dev-server.js", "--browser", Tool.Find("chromium") ?? "none", "--screenshots", Script.Screenshots));
        var http2 = Http2App.StartAsync(Server, edge, _certificate);
        var grpc = GrpcApp.StartAsync(Server, edge.Clear);
        var ways = await Task.WhenAll(((int[])[app.Port, bytes.Port, vacant]).Select(OpenAsync));
        var (overHttp2, overGrpc) = (Keep(await http2), Keep(await grpc));
        Targets =
        [
            .. Enum.GetValues<Hop>().Where(hop => ways[0].Behind(hop) is not null).Select(hop =>
                new Target(hop, app, ways[0].Behind(hop)!, bytes, ways[1].Behind(hop)!, ways[2].Behind(hop)!, vacant, scripts, pages, overHttp2, overGrpc)),
        ];
    }

    /// <summary>A tunnel, and an nginx, before one more origin; they end with the laboratory.</summary>
    public async Task<Way> OpenAsync(int originPort)
    {
        var way = await Way.OpenAsync(Server, originPort);
        lock (_parts)
        {
            return Keep(way);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in Enumerable.Reverse(_parts))
        {
            await part.DisposeAsync();
        }

        _certificate.Dispose();
        Publication.Write(Outcomes);
    }

    private T Keep<T>(T part)
        where T : IAsyncDisposable
    {
        _parts.Add(part);
        return part;
    }
}
