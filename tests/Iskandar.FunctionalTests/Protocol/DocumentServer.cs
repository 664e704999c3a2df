using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>A tunnel server written from docs/protocol.md alone, without a gateway: the test plays the visitors.</summary>
public sealed class DocumentServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<DocumentTunnel> _tunnels = Channel.CreateUnbounded<DocumentTunnel>();
    private readonly JsonObject _registration;

    private DocumentServer(WebApplication app, JsonObject registration)
    {
        _app = app;
        _registration = registration;
    }

    public Uri Url { get; private set; } = new("http://localhost/");

    /// <param name="registration">The first message to each client.</param>
    public static async Task<DocumentServer> StartAsync(JsonObject registration)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static options => options.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var server = new DocumentServer(app, registration);
        app.UseWebSockets();
        app.Run(server.HandleAsync);
        await app.StartAsync(CancellationToken.None);
        server.Url = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{new Uri(app.Urls.First()).Port}/"));
        return server;
    }

    /// <summary>The next client that connected, already registered.</summary>
    public Task<DocumentTunnel> AcceptAsync() =>
        _tunnels.Reader.ReadAsync(CancellationToken.None).AsTask().WithinAsync("a tunnel connection");

    public async ValueTask DisposeAsync()
    {
        _tunnels.Writer.TryComplete();
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        if (context.Request.Path != "/tunnel/connect" || !context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var handshake = OriginRequest.From(context);
        using var webSocket = await context.WebSockets.AcceptWebSocketAsync();
        using var socket = new JsonSocket(webSocket);
        await socket.SendAsync(_registration.DeepClone());
        var tunnel = new DocumentTunnel(socket, handshake);
        await _tunnels.Writer.WriteAsync(tunnel, context.RequestAborted);
        await tunnel.ReadAsync(context.RequestAborted);
    }
}
