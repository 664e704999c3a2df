using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>A local app: Kestrel on a loopback port, with a handler for each path.</summary>
public sealed class TestOrigin : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, RequestDelegate> _handlers = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<OriginRequest> _requests = new();
    private readonly WebApplication _app;

    private TestOrigin(WebApplication app) => _app = app;

    public int Port { get; private set; }

    public string Authority => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>Every request that arrived, in order.</summary>
    public IReadOnlyList<OriginRequest> Requests => [.. _requests];

    /// <summary>What answers a path that has no handler.</summary>
    public RequestDelegate Fallback { get; set; } = static context => context.Response.WriteAsync("origin", context.RequestAborted);

    /// <summary>Starts it.</summary>
    /// <param name="port">Where it listens; 0 for any port.</param>
    /// <param name="configure">Makes it listen elsewhere too, or take more.</param>
    public static async Task<TestOrigin> StartAsync(int port = 0, Action<KestrelServerOptions>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = null;
            options.Limits.MinResponseDataRate = null;
            options.Limits.MinRequestBodyDataRate = null;
            options.RequestHeaderEncodingSelector = static _ => System.Text.Encoding.Latin1;
            options.ResponseHeaderEncodingSelector = static _ => System.Text.Encoding.Latin1;
            options.Listen(IPAddress.Loopback, port);
            configure?.Invoke(options);
        });
        var app = builder.Build();
        var origin = new TestOrigin(app);
        app.UseWebSockets();
        app.Run(origin.HandleAsync);
        await app.StartAsync(CancellationToken.None);
        origin.Port = new Uri(app.Urls.First()).Port;
        return origin;
    }

    /// <summary>Answers the requests whose target has exactly this path.</summary>
    public void Map(string path, RequestDelegate handler) => _handlers[path] = handler;

    /// <summary>Answers with a text.</summary>
    public void Map(string path, string text) => Map(path, context => context.Response.WriteAsync(text, context.RequestAborted));

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        var request = OriginRequest.From(context);
        _requests.Enqueue(request);
        var path = request.Target.Split('?')[0];
        var handler = _handlers.GetValueOrDefault(path, Fallback);
        await handler(context);
    }
}

/// <summary>A request as it arrived at the origin.</summary>
public sealed record OriginRequest(string Method, string Target, IReadOnlyDictionary<string, string> Fields)
{
    public string? this[string name] => Fields.GetValueOrDefault(name);

    public static OriginRequest From(HttpContext context) => new(
        context.Request.Method,
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
        context.Request.Headers.ToDictionary(
            field => field.Key, field => string.Join(" | ", field.Value.AsEnumerable()), StringComparer.OrdinalIgnoreCase));
}
