using System.Globalization;
using System.Net;
using System.Net.WebSockets;

[assembly: AssemblyFixture(typeof(Iskandar.FunctionalTests.Infrastructure.EdgeStage))]

namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>Both real processes before one origin. The server also listens with TLS, and in clear for visitors who know that it speaks HTTP/2.</summary>
public sealed class EdgeStage : IAsyncLifetime
{
    private readonly TestCertificate _certificate = new();
    private readonly int _tlsPort = Ports.Free();
    private readonly int _clearPort = Ports.Free();
    private IskandarServer? _server;
    private IskandarClient? _client;
    private TestOrigin? _origin;
    private HttpClient? _tls;
    private HttpClient? _clear;

    public IskandarServer Server => _server ?? throw new InvalidOperationException("Not started.");

    public TestOrigin Origin => _origin ?? throw new InvalidOperationException("Not started.");

    /// <summary>A visitor who speaks HTTP/2, by ALPN over TLS or by prior knowledge in clear.</summary>
    public HttpClient Visitor(bool tls) => (tls ? _tls : _clear) ?? throw new InvalidOperationException("Not started.");

    /// <summary>The public host, with the port of either.</summary>
    public string Host(bool tls) => string.Create(CultureInfo.InvariantCulture, $"{_client!.Url.Host}:{(tls ? _tlsPort : _clearPort)}");

    public Uri Url(bool tls, string pathAndQuery) => new($"{(tls ? "https" : "http")}://{Host(tls)}{pathAndQuery}");

    /// <summary>Visitors of the port with TLS who speak another version.</summary>
    public HttpClient TlsVisitor(Version version) => VisitorFactory.Create(_tlsPort, version);

    /// <summary>A visitor in clear whose frames are written by hand.</summary>
    public Task<RawHttp2Visitor> ConnectAsync() => RawHttp2Visitor.ConnectAsync(_clearPort);

    /// <summary>Opens a WebSocket over HTTP/2, to the app unless another host is said.</summary>
    public async Task<ClientWebSocket> OpenWebSocketAsync(bool tls, string path, Action<ClientWebSocketOptions>? configure = null, string? host = null)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.HttpVersion = HttpVersion.Version20;
            socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
            configure?.Invoke(socket.Options);
            await socket.ConnectAsync(new Uri($"{(tls ? "wss" : "ws")}://{host ?? Host(tls)}{path}"), Visitor(tls), Bounded.Token());
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async ValueTask InitializeAsync()
    {
        _server = await IskandarServer.StartAsync(["--listen", $"https://127.0.0.1:{_tlsPort},h2c://127.0.0.1:{_clearPort}", .. _certificate.Options]);
        _origin = await TestOrigin.StartAsync();
        _client = await IskandarClient.StartAsync(_server, _origin.Port);
        _tls = VisitorFactory.Create(_tlsPort, HttpVersion.Version20);
        _clear = VisitorFactory.Create(_clearPort, HttpVersion.Version20);
    }

    public async ValueTask DisposeAsync()
    {
        _tls?.Dispose();
        _clear?.Dispose();
        foreach (var part in (IAsyncDisposable?[])[_client, _server, _origin])
        {
            if (part is not null)
            {
                await part.DisposeAsync();
            }
        }

        _certificate.Dispose();
    }
}
