using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Server.Configuration;
using Iskandar.Server.ErrorPages;
using Iskandar.Server.Gateway;
using Iskandar.Server.Tunnels;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iskandar.Server.Handshake;

/// <summary>Answers a client's opening handshake (docs/protocol.md). Every refusal is an HTTP response before the 101.</summary>
internal sealed class TunnelHandshake(
    TunnelRegistry registry,
    ByteBudget budget,
    IOptions<IskandarServerOptions> options,
    TimeProvider time,
    ILogger<TunnelHandshake> logger)
{
    private static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan DeadAfter = TimeSpan.FromSeconds(15);

    public async Task HandleAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.Headers.Upgrade = "websocket";
            context.Response.Headers.Connection = "Upgrade";
            await ErrorPage.WriteProblemAsync(context, ExchangeError.UpgradeRequired);
            return;
        }

        if (IsOfAnotherSite(context.Request))
        {
            await ErrorPage.WriteProblemAsync(context, ExchangeError.OriginNotAllowed);
            return;
        }

        var refusal = registry.TryTake(out var tunnel);
        if (tunnel is null)
        {
            Log.HandshakeRefused(logger, refusal.ToCode(), context.Connection.RemoteIpAddress);
            await ErrorPage.WriteProblemAsync(context, refusal);
            return;
        }

        try
        {
            await ServeAsync(context, tunnel);
        }
        finally
        {
            registry.Release(tunnel);
        }
    }

    // RFC 6455 section 10.2: browsers open WebSockets for any page, to any host that they reach.
    private static bool IsOfAnotherSite(HttpRequest request) =>
        request.Headers.Origin is [{ Length: > 0 } origin]
        && !(Uri.TryCreate(origin, UriKind.Absolute, out var url) && PublicHost.WithoutPort(request.Headers.Host.ToString()).Trim("[]").Equals(url.IdnHost, StringComparison.OrdinalIgnoreCase));

    /// <summary>The best of the subprotocols offered; null, which stands for JSON, when none of them is known.</summary>
    internal static string? ChooseSubprotocol(IList<string> offered, IReadOnlyList<string> supported) => supported.FirstOrDefault(offered.Contains);

    private async Task ServeAsync(HttpContext context, Tunnel tunnel)
    {
        var accepted = OptionalMessageList.Parse(context.Request.Headers[OptionalMessageList.FieldName]);
        using var socket = await AcceptAsync(context);
        if (socket is null)
        {
            return;
        }

        var limits = ToLimits(accepted);
        await using var connection = TunnelConnection.ForGateway(socket, limits, (context.Features.Get<IHttpUpgradeFeature>() as BatchingUpgrade)?.Stream);
        tunnel.Attach(connection);

        // The drain looks at attached connections only; one that came while it looked must end by itself.
        var stopped = new CancellationToken(canceled: registry.IsStopping);
        Log.TunnelOpened(logger, tunnel.Name, context.Connection.RemoteIpAddress);
        var registration = TunnelRegistration.Create(tunnel.Name, options.Value.PublicUrl, limits, socket.SubProtocol);
        var reason = await connection.RunAsync(registration, stopped);
        Log.TunnelClosed(logger, tunnel.Name, reason);
    }

    private async Task<WebSocket?> AcceptAsync(HttpContext context)
    {
        try
        {
            return await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
            {
                KeepAliveInterval = PingAfter,
                KeepAliveTimeout = DeadAfter,
                SubProtocol = ChooseSubprotocol(context.WebSockets.WebSocketRequestedProtocols, TunnelConnection.SupportedSubprotocols),
            });
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The client left in the middle of its own handshake.
            Log.HandshakeFailed(logger, fault.Message);
            return null;
        }
    }

    private GatewayConnectionOptions ToLimits(OptionalMessages accepted) => new()
    {
        Accepted = accepted,
        Budget = budget,
        HeadTimeout = options.Value.HeadTimeout,
        IdleTimeout = options.Value.IdleTimeout,
        MaxBufferedRequest = options.Value.MaxRequestContent,
        MaxBufferedResponses = options.Value.MaxBufferedResponses,
        MaxExchanges = options.Value.MaxExchanges,
        MaxFields = options.Value.MaxFields,
        MaxMessage = options.Value.MaxMessage,
        TimeProvider = time,
    };
}
