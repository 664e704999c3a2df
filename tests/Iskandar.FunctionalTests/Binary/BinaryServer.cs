using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Iskandar.FunctionalTests.Binary;

/// <summary>A tunnel server in the binary encoding, without a gateway: the test plays the visitors.</summary>
public sealed class BinaryServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<BinaryConnection> _tunnels = Channel.CreateUnbounded<BinaryConnection>();
    private readonly List<BinaryConnection> _accepted = [];
    private readonly JsonObject _registration;

    private BinaryServer(WebApplication app, JsonObject registration)
    {
        _app = app;
        _registration = registration;
    }

    public Uri Url { get; private set; } = new("http://localhost/");

    /// <param name="maxFields">The bytes of field lines that this server takes in a response.</param>
    public static async Task<BinaryServer> StartAsync(int maxFields = Numbers.LongestFields)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static options => options.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var server = new BinaryServer(app, new JsonObject { ["subdomain"] = "abc", ["maxFields"] = maxFields });
        app.UseWebSockets();
        app.Run(server.HandleAsync);
        await app.StartAsync(CancellationToken.None);
        server.Url = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{new Uri(app.Urls.First()).Port}/"));
        return server;
    }

    /// <summary>The next client that connected, already registered.</summary>
    public Task<BinaryConnection> AcceptAsync() =>
        _tunnels.Reader.ReadAsync(CancellationToken.None).AsTask().WithinAsync("a tunnel connection");

    public async ValueTask DisposeAsync()
    {
        _tunnels.Writer.TryComplete();
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
        lock (_accepted)
        {
            if (_accepted.Find(static tunnel => tunnel.Violation is not null) is { } tunnel)
            {
                throw new InvalidOperationException("The client sent what the document doesn't allow.", tunnel.Violation);
            }
        }
    }

    private async Task HandleAsync(HttpContext context)
    {
        if (context.Request.Path != "/tunnel/connect" || !context.WebSockets.WebSocketRequestedProtocols.Contains(Numbers.Subprotocol))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        using var webSocket = await context.WebSockets.AcceptWebSocketAsync(Numbers.Subprotocol);
        using var socket = new FrameSocket(webSocket);
        await socket.SendAsync(Encoding.UTF8.GetBytes(_registration.ToJsonString()), WebSocketMessageType.Text);
        var tunnel = new BinaryConnection(socket, isClient: false);
        lock (_accepted)
        {
            _accepted.Add(tunnel);
        }

        await _tunnels.Writer.WriteAsync(tunnel, context.RequestAborted);
        await tunnel.RunAsync(null, context.RequestAborted);
    }
}
