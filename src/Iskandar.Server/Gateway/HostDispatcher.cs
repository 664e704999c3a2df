using Iskandar.Protocol.Connections;
using Iskandar.Server.Configuration;
using Iskandar.Server.ErrorPages;
using Iskandar.Server.Tunnels;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Iskandar.Server.Gateway;

/// <summary>The terminal middleware: sends each request where its host says. The server's own paths exist on its own hosts only.</summary>
internal sealed class HostDispatcher(TunnelRegistry registry, TunnelGateway gateway, IOptions<IskandarServerOptions> options)
{
    private readonly ElsewhereStatus _elsewhere = new(options.Value);
    private readonly PublicHost _host = new(options.Value.PublicUrl.IdnHost);

    /// <summary>Handles the opening handshake; set when the pipeline is built.</summary>
    public RequestDelegate Connect { get; set; } = static _ => Task.CompletedTask;

    public Task HandleAsync(HttpContext context) => ReadLoop.IsDelivering ? HandleElsewhereAsync(context) : HandleHereAsync(context);

    // A visitor that sends request after request without waiting must not keep a tunnel's read loop.
    private async Task HandleElsewhereAsync(HttpContext context)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await HandleHereAsync(context);
    }

    private Task HandleHereAsync(HttpContext context) => _host.Read(context, out var name) switch
    {
        HostKind.Own => HandleOwnAsync(context),
        HostKind.Tunnel when registry.TryFind(name, out var tunnel) =>
            tunnel.Connection is { } connection ? gateway.HandleAsync(context, connection, tunnel) : gateway.HandleNextAsync(context, tunnel),
        HostKind.Tunnel => RefuseAsync(context, registry.IsStopping ? ExchangeError.ServerStopping : ExchangeError.TunnelNotFound),
        _ => ErrorPage.WriteAsync(context, ExchangeError.HostNotServed),
    };

    private Task RefuseAsync(HttpContext context, ExchangeError refusal) => ErrorPage.WriteAsync(context, refusal, _elsewhere.Of(refusal));

    private Task HandleOwnAsync(HttpContext context) => context.Request.Path.Value switch
    {
        TunnelConnection.Path => Connect(context),
        "/health" => WriteHealthAsync(context),
        _ => ErrorPage.WriteAsync(context, ExchangeError.TunnelNotFound),
    };

    private Task WriteHealthAsync(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = "GET, HEAD";
            return Task.CompletedTask;
        }

        context.Response.StatusCode = registry.IsStopping ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(registry.IsStopping ? """{"status":"stopping"}""" : """{"status":"ok"}""", context.RequestAborted);
    }
}
