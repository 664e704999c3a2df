using System.IO.Pipelines;
using Iskandar.Protocol.Connections;
using Iskandar.Server.Configuration;
using Iskandar.Server.ErrorPages;
using Iskandar.Server.Tunnels;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iskandar.Server.Gateway;

/// <summary>Answers visitors' requests through a tunnel. It knows exchanges and no encoding.</summary>
/// <remarks>
/// 1. Refuse what the tunnel can't carry, before anything is read.
/// 2. Register the exchange: from here on an answer, however fast, finds it.
/// 3. Send the request: the head, and the content beside the wait for the response.
/// 4. Wait for the response's head.
/// 5. Copy the response as it comes; or, when the connection is upgraded, bytes both ways.
/// 6. End: cleanly, with an error page if nothing was sent yet, or as an aborted transfer. The exchange is removed in every outcome. One that was lost before anything of it could
///    reach the app begins again over the tunnel's next connection.
/// </remarks>
internal sealed class TunnelGateway(IOptions<IskandarServerOptions> options, TimeProvider time, ILogger<TunnelGateway> logger)
{
    private static readonly TimeSpan MostForNext = TimeSpan.FromSeconds(15);

    private readonly int _maxFields = options.Value.MaxFields;
    private readonly ElsewhereStatus _elsewhere = new(options.Value);
    private readonly ForwardingFields _forwarding = new(options.Value);
    private readonly string[] _upgrades = [.. options.Value.Upgrades];

    /// <summary>Serves a visitor's request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="connection">The connection that serves the tunnel now.</param>
    /// <param name="tunnel">The tunnel: where another connection is to be had if this one is lost; null: nowhere.</param>
    public Task HandleAsync(HttpContext context, IGatewayConnection connection, Tunnel? tunnel = null)
    {
        // 1
        var upgrade = RequestedUpgrade.Find(context, _upgrades);
        var refusal = Refuse(context, connection, upgrade);

        // 2
        IGatewayExchange? exchange = null;
        if (refusal == ExchangeError.None)
        {
            refusal = connection.TryOpen(out exchange);
        }

        return exchange is not null ? ServeAsync(context, exchange, upgrade, connection.CanExpect, tunnel)
            : tunnel?.HasSuccessorAfter(refusal) == true ? HandleNextAsync(context, tunnel)
            : ErrorPage.WriteAsync(context, refusal, _elsewhere.Of(refusal));
    }

    /// <summary>Serves a visitor's request over the tunnel's next connection: its first, or the one after that which is lost. The client has seen nothing of the request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="tunnel">The tunnel.</param>
    public async Task HandleNextAsync(HttpContext context, Tunnel tunnel)
    {
        using var limit = new CancellationTokenSource(MostForNext, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);
        Tunnel? next;
        IGatewayConnection? connection;
        try
        {
            next = tunnel.Connection is null ? tunnel : await tunnel.SuccessorAsync(either.Token);
            connection = next is null ? null : await next.WaitAsync(either.Token);
            while (connection is null && next is not null)
            {
                // Displaced before it had one.
                next = await next.SuccessorAsync(either.Token);
                connection = next is null ? null : await next.WaitAsync(either.Token);
            }
        }
        catch (OperationCanceledException)
        {
            (next, connection) = (null, null);
        }

        if (connection is null)
        {
            Log.ExchangeFailed(logger, ExchangeError.TunnelOffline.ToCode());
            await ErrorPage.WriteAsync(context, ExchangeError.TunnelOffline, _elsewhere.Of(ExchangeError.TunnelOffline));
            return;
        }

        await HandleAsync(context, connection, next);
    }

    private async Task ServeAsync(HttpContext context, IGatewayExchange exchange, RequestedUpgrade? upgrade, bool canExpect, Tunnel? tunnel)
    {
        var isUpgrade = upgrade is not null;
        var sending = Task.CompletedTask;
        Task<bool>? asked = null;
        var isUnsent = false;
        using (exchange)
        {
            try
            {
                await using var left = context.RequestAborted.UnsafeRegister(
                    static exchange => ((IGatewayExchange)exchange!).Cancel(ExchangeError.Cancelled), exchange);

                // 3
                var hasContent = !isUpgrade && context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;
                var isAwaited = hasContent && canExpect && VisitorRequest.ExpectsContinue(context.Request);
                if (VisitorRequest.TryRead(context, exchange.Request, upgrade, isAwaited, _forwarding, _maxFields) is var invalid and not ExchangeError.None)
                {
                    exchange.Cancel(invalid);
                }
                else
                {
                    exchange.SendHead(endOfRequest: !hasContent && !isUpgrade, upgrade: isUpgrade);
                    if (isAwaited)
                    {
                        asked = exchange.WaitForContinueAsync();
                        sending = SendWhenAskedAsync(context, exchange, asked);
                    }
                    else if (hasContent)
                    {
                        sending = SendContentAsync(context, exchange);
                    }
                }

                // 4
                if (await exchange.ReadHeadAsync())
                {
                    // 5
                    if (exchange.Response.Status == StatusCodes.Status101SwitchingProtocols)
                    {
                        // Of an upgraded connection a visitor may end its direction alone.
                        await left.DisposeAsync();
                    }
                    else if (isUpgrade)
                    {
                        // Refused: from here on a request like any other, and one without content.
                        sending = SendContentAsync(context, exchange);
                    }

                    if (TryCopyHead(context, exchange, upgrade))
                    {
                        if (asked is not null && !await asked)
                        {
                            // Answered without the content. The visitor may leave it out, or send it of its own accord, and to tell which from its next request is guessing: so the
                            // connection ends with this one. After the head, reading doesn't ask for anything.
                            VisitorResponse.EndConnection(context);
                            await context.Response.BodyWriter.FlushAsync(CancellationToken.None);
                            sending = SendContentAsync(context, exchange);
                        }

                        if (await TryRespondAsync(context, exchange, upgrade))
                        {
                            return;
                        }
                    }

                    exchange.Cancel(ExchangeError.ResponseInvalid);
                }

                // 6
                isUnsent = exchange.IsUnsent && tunnel?.HasSuccessorAfter(exchange.Error) == true && !context.Response.HasStarted;
                if (!isUnsent)
                {
                    await EndFailedAsync(context, exchange);
                }
            }
            finally
            {
                if (!sending.IsCompleted)
                {
                    exchange.StopContent();
                    context.Request.BodyReader.CancelPendingRead();
                }

                await sending;
            }
        }

        if (isUnsent)
        {
            // Who read the content was told to stop; whoever reads it next must not be.
            if (context.Request.BodyReader.TryRead(out var stopped))
            {
                context.Request.BodyReader.AdvanceTo(stopped.Buffer.Start);
            }

            await HandleNextAsync(context, tunnel!);
        }
    }

    private static ExchangeError Refuse(HttpContext context, IGatewayConnection connection, RequestedUpgrade? upgrade)
    {
        var isConnect = HttpMethods.IsConnect(context.Request.Method);
        var isExtendedConnect = isConnect && RequestedUpgrade.IsExtendedConnect(context);
        if (isConnect && !isExtendedConnect)
        {
            return ExchangeError.MethodUnsupported;
        }

        // An Upgrade that may not cross is as good as none; a CONNECT is nothing without it.
        if (upgrade is null ? isExtendedConnect : !connection.CanUpgrade)
        {
            return ExchangeError.UpgradeUnsupported;
        }

        return context.Request.ContentLength > connection.MaxRequestContent ? ExchangeError.ContentTooLarge : ExchangeError.None;
    }

    private static bool TryCopyHead(HttpContext context, IGatewayExchange exchange, RequestedUpgrade? upgrade)
    {
        if (upgrade?.IsMistaken(exchange.Response.Status) == true)
        {
            exchange.Cancel(ExchangeError.UpgradeUnsupported);
            return false;
        }

        return (exchange.Response.Status != StatusCodes.Status101SwitchingProtocols || upgrade?.IsAgreed(exchange.Response.Fields) == true)
            && VisitorResponse.TryCopyHead(exchange.Response, context.Response);
    }

    private ValueTask<bool> TryRespondAsync(HttpContext context, IGatewayExchange exchange, RequestedUpgrade? upgrade) =>
        exchange.Response.Status == StatusCodes.Status101SwitchingProtocols
            ? VisitorUpgrade.TryCopyAsync(context, exchange, upgrade!, time)
            : VisitorResponse.TryCopyContentAsync(exchange, context);

    private async Task SendWhenAskedAsync(HttpContext context, IGatewayExchange exchange, Task<bool> asked)
    {
        if (await asked)
        {
            await SendContentAsync(context, exchange);
        }
    }

    private async Task SendContentAsync(HttpContext context, IGatewayExchange exchange)
    {
        try
        {
            var reader = context.Request.BodyReader;
            ReadResult read;
            do
            {
                read = await reader.ReadAsync(context.RequestAborted);
                var error = read.IsCanceled ? exchange.Error : await exchange.SendContentAsync(read.Buffer, context.RequestAborted);
                reader.AdvanceTo(exchange.IsUnsent ? read.Buffer.Start : read.Buffer.End);
                if (read.IsCanceled || error != ExchangeError.None)
                {
                    exchange.Cancel(error);
                    return;
                }
            }
            while (!read.IsCompleted);

            var trailers = VisitorTrailers.Read(context.Request);
            if (trailers is not null && VisitorRequest.SizeOf(trailers) > _maxFields)
            {
                exchange.Cancel(ExchangeError.RequestHeadTooLarge);
                return;
            }

            await exchange.EndContentAsync(trailers, context.RequestAborted);
        }
        catch (BadHttpRequestException)
        {
            exchange.Cancel(ExchangeError.RequestInvalid);
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException)
        {
            exchange.Cancel(ExchangeError.Cancelled);
        }
    }

    private async Task EndFailedAsync(HttpContext context, IGatewayExchange exchange)
    {
        var error = exchange.Error;
        Log.ExchangeFailed(logger, error.ToCode());
        if (error == ExchangeError.Cancelled || context.Response.HasStarted)
        {
            // A clean end would pass a part off as the whole.
            context.Abort();
            return;
        }

        context.Response.Clear();
        if (error == ExchangeError.RequestInvalid)
        {
            // Where a request that isn't HTTP ends is anybody's guess.
            VisitorResponse.EndConnection(context);
        }

        await ErrorPage.WriteAsync(context, error, _elsewhere.Of(error) ?? exchange.ErrorStatus);
    }
}
