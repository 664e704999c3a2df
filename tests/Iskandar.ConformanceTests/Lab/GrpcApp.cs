using System.Net;
using Grpc.Net.Client;
using Iskandar.GrpcTests;

namespace Iskandar.ConformanceTests.Lab;

/// <summary>The gRPC app of tests/Iskandar.GrpcTests, its sibling in Python, and channels to both.</summary>
public sealed class GrpcApp : IAsyncDisposable
{
    private readonly InteropApp _app;
    private readonly IskandarServer _server;
    private readonly int _serverPort;
    private readonly Dictionary<Hop, GrpcTarget> _targets;
    private readonly SemaphoreSlim _one = new(1);
    private readonly List<IAsyncDisposable> _parts;
    private Dictionary<Hop, GrpcTarget>? _python;

    private GrpcApp(InteropApp app, IskandarServer server, int serverPort, Way way, Dictionary<Hop, GrpcTarget> targets)
    {
        _app = app;
        _server = server;
        _serverPort = serverPort;
        _targets = targets;
        _parts = [way];
    }

    /// <summary>Starts it, a tunnel and an nginx.</summary>
    /// <param name="server">The server.</param>
    /// <param name="serverPort">Where the server speaks HTTP/2 in clear.</param>
    public static async Task<GrpcApp> StartAsync(IskandarServer server, int serverPort)
    {
        var app = await InteropApp.StartAsync();
        try
        {
            var (way, targets) = await OpenAsync(server, serverPort, app.Clear.Port);
            return new GrpcApp(app, server, serverPort, way, targets);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>The way to it; null if what is in front doesn't speak gRPC.</summary>
    public GrpcTarget? Behind(Hop hop) => _targets.GetValueOrDefault(hop);

    /// <summary>The way to the app in Python, which starts when a row asks for it first. Skips the row where there is no grpcio.</summary>
    public async Task<GrpcTarget?> PythonBehindAsync(Hop hop)
    {
        await _one.WaitAsync(Bounded.Token());
        try
        {
            if (_python is null)
            {
                var (python, port) = await PythonPeer.StartServerAsync();
                _parts.Add(python);
                (var way, _python) = await OpenAsync(_server, _serverPort, port);
                _parts.Add(way);
            }
        }
        finally
        {
            _one.Release();
        }

        return _python.GetValueOrDefault(hop);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var target in _targets.Values.Concat((IEnumerable<GrpcTarget>?)_python?.Values ?? []))
        {
            target.Channel.Dispose();
        }

        foreach (var part in Enumerable.Reverse(_parts))
        {
            await part.DisposeAsync();
        }

        await _app.DisposeAsync();
        _one.Dispose();
    }

    private static async Task<(Way Way, Dictionary<Hop, GrpcTarget> Targets)> OpenAsync(IskandarServer server, int serverPort, int originPort)
    {
        var nginx = Nginx.IsInstalled && Nginx.HasGrpc ? Ports.Free() : 0;
        var way = await Way.OpenAsync(
            server, originPort, nginx == 0 ? "" : $"listen 127.0.0.1:{nginx} http2; location /iskandar.interop. {{ grpc_pass grpc://origin; }}");
        var targets = new Dictionary<Hop, GrpcTarget>
        {
            [Hop.None] = GrpcTarget.To(originPort, way.Direct.Url()),
            [Hop.Iskandar] = GrpcTarget.To(serverPort, way.Iskandar.Url()),
        };
        if (nginx != 0)
        {
            targets[Hop.Nginx] = GrpcTarget.To(nginx, new Uri($"http://{Door.Authority(nginx)}"));
        }

        return (way, targets);
    }
}

/// <summary>One way to an app for callers.</summary>
/// <param name="Address">Where to connect.</param>
/// <param name="Authority">What the app is called there.</param>
/// <param name="Channel">.NET's client.</param>
public sealed record GrpcTarget(string Address, string Authority, GrpcChannel Channel)
{
    public static GrpcTarget To(int port, Uri url) => new(
        Door.Authority(port),
        url.Authority,
        GrpcChannel.ForAddress(url, new GrpcChannelOptions { HttpClient = VisitorFactory.Create(port, HttpVersion.Version20), DisposeHttpClient = true }));
}
