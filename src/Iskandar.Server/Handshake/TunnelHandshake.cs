using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Server.Configuration;
using Iskandar.Server.ErrorPages;
using Iskandar.Server.Gateway;
using Iskandar.Server.Telemetry;
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
    ServerMetrics metrics,
    ILogger<TunnelHandshake> logger)
{
    private static readonly TimeSpan MostForDisplaced = TimeSpan.FromSeconds(5);

    private readonly NameKeys _keys = NameKeys.Create(options.Value);

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

        // What is asked for is settled before the 101.
        var claim = HandshakeClaim.Read(context.Request.Headers);
        Tunnel? displaced = null;
        var (refusal, tunnel) = claim switch
        {
            null => (ExchangeError.RequestInvalid, null),
            { Resumption: { } resumption } => FindLink(resumption),
            { Name: { } name } => Claim(name, claim.Key, out displaced),
            _ => (registry.TryTake(out var random), random),
        };
        if (refusal != ExchangeError.None)
        {
            metrics.HandshakeRefused(refusal);
            if (refusal is not (ExchangeError.LinkGone or ExchangeError.NameRefused or ExchangeError.RequestInvalid))
            {
                // Whoever guesses at secrets must not fill the log.
                Log.HandshakeRefused(logger, refusal.ToCode(), context.Connection.RemoteIpAddress);
            }

            await ErrorPage.WriteProblemAsync(context, refusal);
            return;
        }

        await Task.WhenAll(DisplaceAsync(displaced), claim!.Resumption is { } link ? ResumeAsync(context, tunnel!, link) : ServeAsync(context, tunnel!));
    }

    // One answer for a link that is gone, for one that never was, and for a wrong secret.
    private (ExchangeError Refusal, Tunnel? Tunnel) FindLink(LinkResumption resumption)
    {
        var verdict = registry.TryFind(resumption.Name, out var tunnel) && tunnel.Connection is IResumableConnection connection
            ? connection.CheckResume(resumption.Secret, resumption.Received)
            : ResumeVerdict.Gone;
        return verdict switch
        {
            ResumeVerdict.Granted => (ExchangeError.None, tunnel),
            ResumeVerdict.OffsetInvalid => (ExchangeError.RequestInvalid, null),
            _ => (ExchangeError.LinkGone, null),
        };
    }

    private (ExchangeError Refusal, Tunnel? Tunnel) Claim(string name, string? key, out Tunnel? displaced)
    {
        displaced = null;
        if (key is null || !_keys.IsValid(name, key))
        {
            return (ExchangeError.NameRefused, null);
        }

        return (registry.TryClaim(name, out var tunnel, out displaced), tunnel);
    }

    private async Task DisplaceAsync(Tunnel? displaced)
    {
        if (displaced?.Connection is { } connection)
        {
            Log.TunnelDisplaced(logger, displaced.Name);
            using var deadline = new CancellationTokenSource(MostForDisplaced, time);
            await connection.DisplaceAsync(deadline.Token);
            await connection.DisposeAsync();
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
        IGatewayConnection? connection = null;
        var isKept = false;
        try
        {
            var accepted = OptionalMessageList.Parse(context.Request.Headers[OptionalMessageList.FieldName]);
            using var socket = await AcceptAsync(context);
            if (socket is null)
            {
                return;
            }

            var limits = ToLimits(accepted);
            connection = TunnelConnection.ForGateway(socket, limits, (context.Features.Get<IHttpUpgradeFeature>() as BatchingUpgrade)?.Stream);
            tunnel.Attach(connection);

            // The drain looks at attached connections only, as does who takes the name; one that came while they looked must end by itself.
            var stopped = new CancellationToken(canceled: registry.IsStopping || !registry.IsCurrent(tunnel));
            if (tunnel.IsClaimed)
            {
                metrics.HandshakeClaimed();
            }
            else
            {
                metrics.HandshakeOpened();
            }

            Log.TunnelOpened(logger, tunnel.Name, context.Connection.RemoteIpAddress);
            var reason = await connection.RunAsync(ToRegistration(tunnel, limits, socket.SubProtocol), stopped);
            LogEnd(tunnel, connection, reason);
            isKept = !connection.IsOver;
        }
        finally
        {
            // A link that is kept is the keeper's to end.
            if (!isKept)
            {
                registry.Release(tunnel);
                if (connection is not null)
                {
                    await connection.DisposeAsync();
                }
            }
        }
    }

    private async Task ResumeAsync(HttpContext context, Tunnel tunnel, LinkResumption resumption)
    {
        using var socket = await AcceptAsync(context);
        if (socket is null || tunnel.Connection is not IResumableConnection connection)
        {
            return;
        }

        if (socket.SubProtocol != TunnelConnection.BinarySubprotocol)
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.ProtocolError, $"A link speaks {TunnelConnection.BinarySubprotocol}.", context.RequestAborted);
            return;
        }

        metrics.HandshakeResumed();
        Log.TunnelResumed(logger, tunnel.Name, context.Connection.RemoteIpAddress);
        var limits = ToLimits(OptionalMessages.Resume);
        var reason = await connection.ResumeAsync(
            socket, ToRegistration(tunnel, limits, socket.SubProtocol), resumption.Secret, resumption.Received, CancellationToken.None);
        LogEnd(tunnel, connection, reason);
        if (connection.IsOver)
        {
            registry.Release(tunnel);
            await connection.DisposeAsync();
        }
    }

    private Registration ToRegistration(Tunnel tunnel, GatewayConnectionOptions limits, string? subprotocol) =>
        TunnelRegistration.Create(tunnel.Name, options.Value.PublicUrl, limits, subprotocol) with { NameKey = _keys.KeyFor(tunnel.Name) };

    private void LogEnd(Tunnel tunnel, IGatewayConnection connection, string reason)
    {
        if (connection.IsOver)
        {
            Log.TunnelClosed(logger, tunnel.Name, reason);
        }
        else
        {
            metrics.LinkDetached();
            Log.TunnelDetached(logger, tunnel.Name, reason);
        }
    }

    private async Task<WebSocket?> AcceptAsync(HttpContext context)
    {
        var subprotocol = ChooseSubprotocol(context.WebSockets.WebSocketRequestedProtocols, TunnelConnection.SupportedSubprotocols);
        try
        {
            return await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
            {
                // Frames have pings of their own.
                KeepAliveInterval = subprotocol is null ? options.Value.PingInterval : TimeSpan.Zero,
                KeepAliveTimeout = options.Value.PingTimeout - options.Value.PingInterval,
                SubProtocol = subprotocol,
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
        Keep = options.Value.LinkTimeout,
        MaxBufferedRequest = options.Value.MaxRequestContent,
        MaxBufferedResponses = options.Value.MaxBufferedResponses,
        MaxExchanges = options.Value.MaxExchanges,
        MaxFields = options.Value.MaxFields,
        MaxMessage = options.Value.MaxMessage,
        MoreExpected = options.Value.MoreExpected,
        PingInterval = options.Value.PingInterval,
        PingTimeout = options.Value.PingTimeout,
        Scheduler = options.Value.Scheduler,
        TimeProvider = time,
    };
}
