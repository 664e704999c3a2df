using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Threading.Channels;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Iskandar.FunctionalTests.Faults.App;

/// <summary>The app behind the tunnel whose answers show whether anything was lost, done twice or changed.</summary>
public sealed class FaultApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly Channel<string> _arrived = Channel.CreateUnbounded<string>();
    private readonly Channel<int> _events = Channel.CreateUnbounded<int>();
    private readonly Gate _go = new();

    private FaultApp(WebApplication app) => _app = app;

    public int Port { get; private set; }

    /// <summary>How often each id was counted.</summary>
    public IReadOnlyDictionary<string, int> Counts => _counts;

    /// <summary>Starts it.</summary>
    /// <param name="address">Where it listens besides loopback.</param>
    public static async Task<FaultApp> StartAsync(IPAddress? address = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var port = Ports.Free();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = null;
            options.Limits.MinResponseDataRate = null;
            options.Limits.MinRequestBodyDataRate = null;
            options.Listen(address ?? IPAddress.Loopback, port);
        });
        var app = builder.Build();
        var origin = new FaultApp(app) { Port = port };
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        app.Run(origin.HandleAsync);
        await app.StartAsync(CancellationToken.None);
        return origin;
    }

    /// <summary>Lets <c>/events</c> send the event with this number.</summary>
    public void Release(int number) => _events.Writer.TryWrite(number);

    /// <summary>The id of the next request for <c>/gated</c>, once it has arrived.</summary>
    public Task<string> NextGatedAsync() =>
        _arrived.Reader.ReadAsync(CancellationToken.None).AsTask().WithinAsync("a request at the gate");

    /// <summary>Lets all requests for <c>/gated</c> be answered.</summary>
    public void OpenGate() => _go.Open();

    public async ValueTask DisposeAsync()
    {
        OpenGate();
        _events.Writer.TryComplete();
        await _app.DisposeAsync();
    }

    private Task HandleAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/small" => context.Response.WriteAsync($"small {Query(context, "n")}", context.RequestAborted),
        "/count" => CountAsync(context),
        "/download" => DownloadAsync(context),
        "/upload" => UploadAsync(context),
        "/events" => SendEventsAsync(context),
        "/echo" => EchoAsync(context),
        "/gated" => WaitAsync(context),
        _ => Task.Run(() => context.Response.StatusCode = StatusCodes.Status404NotFound),
    };

    private async Task CountAsync(HttpContext context)
    {
        // Counted when all of the request is there.
        var (_, length) = await Pattern.ReadAsync(context.Request.Body, context.RequestAborted);
        var count = _counts.AddOrUpdate(Query(context, "id"), 1, static (_, count) => count + 1);
        await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{count} {length}"), context.RequestAborted);
    }

    private static async Task DownloadAsync(HttpContext context)
    {
        var seed = int.Parse(Query(context, "seed"), CultureInfo.InvariantCulture);
        var pattern = new Pattern(seed, long.Parse(Query(context, "bytes"), CultureInfo.InvariantCulture));
        context.Response.ContentLength = pattern.Length;
        await pattern.WriteToAsync(context.Response.Body, context.RequestAborted);
    }

    private static async Task UploadAsync(HttpContext context)
    {
        var (hash, length) = await Pattern.ReadAsync(context.Request.Body, context.RequestAborted);
        await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{hash} {length}"), context.RequestAborted);
    }

    private async Task SendEventsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await foreach (var number in _events.Reader.ReadAllAsync(context.RequestAborted))
        {
            await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"id: {number}\ndata: event {number}\n\n"), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }

    private static async Task EchoAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[16 * 1024];
        while (await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } part)
        {
            await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, context.RequestAborted);
        }

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
    }

    private async Task WaitAsync(HttpContext context)
    {
        var id = Query(context, "id");
        _counts.AddOrUpdate(id, 1, static (_, count) => count + 1);
        _arrived.Writer.TryWrite(id);
        await _go.PassAsync("the gate", Effort.LongestWait.TotalSeconds).WaitAsync(context.RequestAborted);
        await context.Response.WriteAsync($"gated {id}", context.RequestAborted);
    }

    private static string Query(HttpContext context, string name) => context.Request.Query[name].ToString();
}
