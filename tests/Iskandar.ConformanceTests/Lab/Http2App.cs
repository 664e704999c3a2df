using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Iskandar.ConformanceTests.Lab;

/// <summary>
/// An app that visitors reach in HTTP/2, in clear with prior knowledge and over TLS: directly because it listens so itself, and else because what is in front of it
/// does, and speaks HTTP/1.1 to it.
/// </summary>
public sealed class Http2App : IAsyncDisposable
{
    private readonly TestOrigin _origin;
    private readonly Way _way;
    private readonly Dictionary<Hop, Http2Target> _targets = [];

    private Http2App(TestOrigin origin, Way way)
    {
        _origin = origin;
        _way = way;
    }

    /// <summary>Starts it, a tunnel and an nginx.</summary>
    /// <param name="server">The server.</param>
    /// <param name="ports">Where the server listens.</param>
    /// <param name="certificate">What everybody shows.</param>
    public static async Task<Http2App> StartAsync(IskandarServer server, EdgePorts ports, TestCertificate certificate)
    {
        var (own, nginx) = (EdgePorts.Free(), EdgePorts.Free());
        var (crt, key) = (certificate.Options[1], certificate.Options[3]);
        var origin = await TestOrigin.StartAsync(configure: kestrel =>
        {
            kestrel.Limits.MaxRequestHeaderCount = 1000;
            kestrel.Listen(IPAddress.Loopback, own.Clear, static listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, own.Tls, listen => listen.UseHttps(X509Certificate2.CreateFromPemFile(crt, key)));
        });
        try
        {
            var lines = Nginx.IsInstalled && Nginx.HasHttp2
                ? $"listen 127.0.0.1:{nginx.Clear} http2; listen 127.0.0.1:{nginx.Tls} ssl http2; ssl_certificate {crt}; ssl_certificate_key {key};"
                : "";
            var way = await Way.OpenAsync(server, origin.Port, lines);
            var app = new Http2App(origin, way);
            app.Add(Hop.None, own, "127.0.0.1");
            app.Add(Hop.Iskandar, ports, way.Iskandar.Host.Split(':')[0]);
            if (lines.Length > 0)
            {
                app.Add(Hop.Nginx, nginx, "127.0.0.1");
            }

            return app;
        }
        catch
        {
            await origin.DisposeAsync();
            throw;
        }
    }

    /// <summary>The way to it; null if what is in front doesn't speak HTTP/2.</summary>
    public Http2Target? Behind(Hop hop) => _targets.GetValueOrDefault(hop);

    public async ValueTask DisposeAsync()
    {
        foreach (var target in _targets.Values)
        {
            target.Visitor.Dispose();
        }

        await _way.DisposeAsync();
        await _origin.DisposeAsync();
    }

    private void Add(Hop hop, EdgePorts ports, string name)
    {
        // Without anything between, the app's own name is the one that it is called by.
        Door ToDoor(int port)
        {
            var host = string.Create(CultureInfo.InvariantCulture, $"{name}:{port}");
            return new Door(port, host, hop == Hop.None ? host : Door.Authority(_origin.Port));
        }

        _targets[hop] = new Http2Target(_origin, ToDoor(ports.Clear), ToDoor(ports.Tls), VisitorFactory.Create(ports.Clear, HttpVersion.Version20, static handler =>
        {
            handler.RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1;
            handler.ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1;
            handler.Expect100ContinueTimeout = Http2Target.Patience;
        }));
    }
}

/// <summary>Where HTTP/2 is spoken.</summary>
/// <param name="Clear">In clear, with prior knowledge.</param>
/// <param name="Tls">Over TLS.</param>
public sealed record EdgePorts(int Clear, int Tls)
{
    public static EdgePorts Free() => new(Ports.Free(), Ports.Free());
}

/// <summary>One way to the app for visitors who speak HTTP/2.</summary>
/// <param name="App">The app.</param>
/// <param name="Clear">In clear, with prior knowledge.</param>
/// <param name="Tls">Over TLS.</param>
/// <param name="Visitor">.NET's client, which speaks HTTP/2 in clear and nothing else.</param>
public sealed record Http2Target(TestOrigin App, Door Clear, Door Tls, HttpClient Visitor)
{
    /// <summary>How long the visitor waits to be asked for content. Some proxies never do.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    /// <summary>Sends a request; the response's content may still be coming.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content = null, Action<HttpRequestMessage>? configure = null, CancellationToken? token = null)
    {
        using var request = new HttpRequestMessage(method, Clear.Url(path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = content };
        configure?.Invoke(request);
        return await Visitor.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token ?? Bounded.Token());
    }
}
