using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Grpc.Net.Client;

[assembly: AssemblyFixture(typeof(Iskandar.GrpcTests.GrpcStage))]

namespace Iskandar.GrpcTests;

/// <summary>The app, a server that listens for HTTP/2 in clear as well, a tunnel to each address of the app, and a channel through each.</summary>
public sealed class GrpcStage : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _parts = [];
    private readonly List<GrpcChannel> _channels = [];
    private readonly int _port = Ports.Free();
    private InteropApp? _app;
    private IskandarServer? _server;

    /// <summary>To the app, with nothing between.</summary>
    public GrpcChannel Direct { get; private set; } = null!;

    /// <summary>Through a tunnel to an app that speaks HTTP/2 in clear.</summary>
    public GrpcChannel Tunnelled { get; private set; } = null!;

    /// <summary>Through a tunnel to an app that speaks HTTP/2 over TLS.</summary>
    public GrpcChannel TunnelledToTls { get; private set; } = null!;

    /// <summary>Where the server listens for HTTP/2 in clear.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    /// <summary>Where the app listens for HTTP/2 in clear.</summary>
    public string AppAddress => _app!.Clear.Authority;

    /// <summary>The public host of <see cref="Tunnelled"/>.</summary>
    public string Authority { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        _app = Add(await InteropApp.StartAsync());
        _server = Add(await IskandarServer.StartAsync("--listen", $"h2c://{Address}"));
        var clear = await OpenAsync(_app.Clear.ToString());
        Authority = clear.Url.Authority;
        Direct = Connect(_app.Clear, _app.Clear.Port);
        Tunnelled = Connect(clear.Url, _port);
        TunnelledToTls = Connect((await OpenAsync(_app.Tls.ToString())).Url, _port);
    }

    /// <summary>A tunnel to some other app.</summary>
    public async Task<IskandarClient> OpenAsync(string target) => Add(await IskandarClient.StartAsync(_server!.Url, target));

    /// <summary>A channel to a URL that is reached at a port of this machine, whatever its name.</summary>
    public GrpcChannel Connect(Uri url, int? port = null)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            // The names under test don't resolve everywhere.
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(IPAddress.Loopback, port ?? _port, token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        var channel = GrpcChannel.ForAddress(url, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        _channels.Add(channel);
        return channel;
    }

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(static channel => channel.Dispose());
        for (var last = _parts.Count - 1; last >= 0; last--)
        {
            await _parts[last].DisposeAsync();
        }
    }

    private T Add<T>(T part)
        where T : IAsyncDisposable
    {
        _parts.Add(part);
        return part;
    }
}
