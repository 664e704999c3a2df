using System.Net;
using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Server;
using Iskandar.Server.Configuration;
using Iskandar.Server.Tunnels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Infrastructure;

/// <summary>The whole tunnel server on Kestrel, in memory; HttpClient and ClientWebSocket reach it as if by network.</summary>
internal sealed class InMemoryServer : IAsyncDisposable
{
    private readonly InMemoryTransport _transport = new();
    private readonly WebApplication _app;
    private readonly SocketsHttpHandler _handler;
    private readonly List<ClientWebSocket> _sockets = [];
    private Task? _stopped;

    private InMemoryServer(Action<IskandarServerOptions> configure)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddIskandarServer(options =>
        {
            options.PublicUrl = new Uri("http://tunnel.example.com");
            configure(options);
        });
        builder.Services.Replace(ServiceDescriptor.Singleton<IConnectionListenerFactory>(_transport));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureForIskandar();
            kestrel.Listen(IPAddress.Loopback, 8080);
        });
        _app = builder.Build();
        _app.UseIskandar();
        _handler = new SocketsHttpHandler
        {
            ConnectCallback = (_, _) => new ValueTask<Stream>(_transport.Connect()),
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
            ResponseDrainTimeout = TimeSpan.Zero,
        };
        Visitor = new HttpClient(_handler) { Timeout = TimeSpan.FromSeconds(60) };
    }

    public FakeTimeProvider Time { get; } = new();

    /// <summary>Sends visitors' requests.</summary>
    public HttpClient Visitor { get; }

    public static async Task<InMemoryServer> StartAsync(Action<IskandarServerOptions>? configure = null)
    {
        var server = new InMemoryServer(configure ?? (static _ => { }));
        await server._app.StartAsync(Bounded.Token).Within();
        return server;
    }

    /// <summary>A visitor's connection, to be spoken to byte by byte.</summary>
    public Stream Connect() => _transport.Connect();

    /// <summary>Opens a tunnel by hand, up to the handshake.</summary>
    public Task<JsonPeer> ConnectPeerAsync(string? accept = null, params string[] subprotocols) => ConnectPeerAsync([], accept, subprotocols);

    /// <summary>Opens a tunnel by hand with fields of its own, up to the handshake.</summary>
    public async Task<JsonPeer> ConnectPeerAsync((string Name, string Value)[] fields, string? accept, params string[] subprotocols)
    {
        var socket = new ClientWebSocket();
        lock (_sockets)
        {
            _sockets.Add(socket);
        }

        if (accept is not null)
        {
            socket.Options.SetRequestHeader(OptionalMessageList.FieldName, accept);
        }

        foreach (var (name, value) in fields)
        {
            socket.Options.SetRequestHeader(name, value);
        }

        foreach (var subprotocol in subprotocols)
        {
            socket.Options.AddSubProtocol(subprotocol);
        }

        using var invoker = new HttpMessageInvoker(_handler, disposeHandler: false);
        await socket.ConnectAsync(new Uri("ws://tunnel.example.com/tunnel/connect"), invoker, Bounded.Token).Within();
        return new JsonPeer(socket);
    }

    /// <summary>Opens a tunnel by hand, up to the registration.</summary>
    /// <returns>The peer and the public URL.</returns>
    public async Task<(JsonPeer Peer, Uri Url)> OpenTunnelAsync(string? accept = null)
    {
        var peer = await ConnectPeerAsync(accept);
        return (peer, new Uri((string)(await peer.MessageAsync())["url"]!));
    }

    /// <summary>Opens a tunnel with our own client.</summary>
    public async Task<IClientConnection> OpenClientAsync()
    {
        var peer = await ConnectPeerAsync(OptionalMessageList.All);
        return await TunnelConnection.ForClientAsync(peer.Socket, new ClientConnectionOptions { TimeProvider = Time }, null, null, Bounded.Token).Within();
    }

    /// <summary>Puts a connection of another kind behind a name.</summary>
    /// <returns>The public URL.</returns>
    public Uri AttachTunnel(IGatewayConnection connection)
    {
        Assert.Equal(ExchangeError.None, _app.Services.GetRequiredService<TunnelRegistry>().TryTake(out var tunnel));
        tunnel!.Attach(connection);
        return new Uri($"http://{tunnel.Name}.tunnel.example.com");
    }

    /// <summary>The server's end of the connection that has this name now.</summary>
    public IGatewayConnection ConnectionOf(string name)
    {
        Assert.True(_app.Services.GetRequiredService<TunnelRegistry>().TryFind(name, out var tunnel));
        return tunnel.Connection!;
    }

    public Task StopAsync() => _stopped ??= _app.StopAsync(Bounded.Token).Within();

    public async ValueTask DisposeAsync()
    {
        // The server would wait for their answers to its close.
        foreach (var socket in _sockets)
        {
            socket.Abort();
        }

        Visitor.Dispose();

        // Links are given time to go elsewhere.
        var stopping = StopAsync();
        while (!stopping.IsCompleted)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await stopping;
        await _app.DisposeAsync();
    }
}
