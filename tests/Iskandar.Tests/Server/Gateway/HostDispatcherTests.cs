using Iskandar.Protocol.Connections;
using Iskandar.Server.Configuration;
using Iskandar.Server.Gateway;
using Iskandar.Server.Tunnels;
using Iskandar.Tests.Infrastructure;
using Iskandar.Tests.Protocol.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Iskandar.Tests.Server.Gateway;

public sealed class HostDispatcherTests
{
    private readonly TunnelRegistry _registry;
    private readonly HostDispatcher _dispatcher;
    private int _handshakes;

    public HostDispatcherTests()
    {
        var options = Options.Create(new IskandarServerOptions { PublicUrl = new Uri("https://tunnel.example.com") });
        _registry = new TunnelRegistry(options);
        _dispatcher = new HostDispatcher(_registry, new TunnelGateway(options, TimeProvider.System, NullLogger<TunnelGateway>.Instance), options)
        {
            Connect = _ =>
            {
                _handshakes++;
                return Task.CompletedTask;
            },
        };
    }

    [Theory]
    [InlineData("tunnel.example.com", "/tunnel/connect", 200, null)]
    [InlineData("198.51.100.1:8080", "/tunnel/connect", 200, null)]
    [InlineData("tunnel.example.com", "/tunnel/connect/", 404, "tunnel_not_found")]
    [InlineData("tunnel.example.com", "/", 404, "tunnel_not_found")]
    [InlineData("nobody.tunnel.example.com", "/tunnel/connect", 404, "tunnel_not_found")]
    [InlineData("nobody.tunnel.example.com", "/health", 404, "tunnel_not_found")]
    [InlineData("a.b.tunnel.example.com", "/", 421, "host_not_served")]
    [InlineData("www.example.com", "/tunnel/connect", 421, "host_not_served")]
    [InlineData("www.example.com", "/health", 421, "host_not_served")]
    public async Task Request_HostAndPath_GoWhereTheySay(string host, string path, int status, string? code)
    {
        using var visitor = new Visitor(target: path, host: host);

        await _dispatcher.HandleAsync(visitor.Context).Within();

        Assert.Equal((status, code, code is null ? 1 : 0), (visitor.Response.StatusCode, visitor.ErrorCode, _handshakes));
    }

    [Theory]
    [InlineData("GET", 200)]
    [InlineData("HEAD", 200)]
    [InlineData("POST", 405)]
    public async Task Health_OwnHost_AnswersReaders(string method, int status)
    {
        using var visitor = new Visitor(method, "/health", "tunnel.example.com");

        await _dispatcher.HandleAsync(visitor.Context).Within();

        Assert.Equal(status, visitor.Response.StatusCode);
        Assert.Equal(status == 405 ? "GET, HEAD" : null, visitor.Response.Headers.Allow);
    }

    [Fact]
    public async Task Health_Stopping_SaysSo()
    {
        await _registry.DrainAsync(CancellationToken.None);
        using var visitor = new Visitor("GET", "/health", "tunnel.example.com");

        await _dispatcher.HandleAsync(visitor.Context).Within();

        Assert.Equal((503, """{"status":"stopping"}"""), (visitor.Response.StatusCode, visitor.Response.Sent));
    }

    [Fact]
    public async Task Tunnel_NameGoneWhileStopping_ServerStopping()
    {
        await _registry.DrainAsync(CancellationToken.None);
        using var visitor = new Visitor(host: "abc123.tunnel.example.com");

        await _dispatcher.HandleAsync(visitor.Context).Within();

        Assert.Equal((503, "server_stopping", "1"), (visitor.Response.StatusCode, visitor.ErrorCode, (string)visitor.Response.Headers.RetryAfter!));
    }

    [Theory]
    [InlineData("{0}.tunnel.example.com")]
    [InlineData("{0}.TUNNEL.example.com:8443")]
    [InlineData("{0}.tunnel.example.com.")]
    public async Task Tunnel_Connected_RequestCrosses(string host)
    {
        await using var stage = await GatewayStage.StartAsync();
        Assert.Equal(ExchangeError.None, _registry.TryTake(out var tunnel));
        tunnel!.Attach(stage.Connection);

        // Paths of the server's own hosts are nothing special here.
        using var visitor = new Visitor(target: "/tunnel/connect", host: string.Format(null, host, tunnel.Name.ToUpperInvariant()));
        var visit = _dispatcher.HandleAsync(visitor.Context);
        var request = await stage.Client.MessageAsync("request");
        await stage.Client.RespondAsync((string)request["id"]!, 200, "from the app", done: true);
        await visit.Within();

        Assert.Equal(("/tunnel/connect", "from the app", 0), ((string)request["path"]!, visitor.Response.Sent, _handshakes));
    }

    [Fact]
    public async Task Tunnel_NameGoneWhileStopping_AnotherServerIsToBeAsked()
    {
        var options = Options.Create(new IskandarServerOptions { PublicUrl = new Uri("https://tunnel.example.com"), MissingTunnelStatus = 421 });
        var registry = new TunnelRegistry(options);
        var dispatcher = new HostDispatcher(registry, new TunnelGateway(options, TimeProvider.System, NullLogger<TunnelGateway>.Instance), options);
        await registry.DrainAsync(CancellationToken.None);
        using var visitor = new Visitor(host: "abc123.tunnel.example.com");

        await dispatcher.HandleAsync(visitor.Context).Within();

        Assert.Equal((421, "server_stopping"), (visitor.Response.StatusCode, visitor.ErrorCode));
    }

    [Fact]
    public async Task Tunnel_HandshakeUnderWay_Waits()
    {
        _registry.TryTake(out var tunnel);
        using var visitor = new Visitor(host: $"{tunnel!.Name}.tunnel.example.com");

        var visit = _dispatcher.HandleAsync(visitor.Context);
        Assert.False(visit.IsCompleted);
        _registry.Release(tunnel);
        await visit.Within();

        Assert.Equal(StatusCodes.Status503ServiceUnavailable, visitor.Response.StatusCode);
        Assert.Equal("tunnel_offline", visitor.Response.Headers["Iskandar-Error"]);
    }
}
