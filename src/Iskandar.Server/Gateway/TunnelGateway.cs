using System.IO.Pipelines;
using Iskandar.Protocol.Connections;
using Iskandar.Server.ErrorPages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Iskandar.Server.Gateway;

/// <summary>Answers visitors' requests through a tunnel. It knows exchanges and no encoding.</summary>
/// <remarks>
/// 1. Refuse what the tunnel can't carry, before anything is read.
/// 2. Register the exchange: from here on an answer, however fast, finds it.
/// 3. Send the request: the head, and the content beside the wait for the response.
/// 4. Wait for the response's head.
/// 5. Copy the response as it comes.
/// 6. End: cleanly, with an error page if nothing was sent yet, or as an aborted transfer. The exchange is removed in every outcome.
/// </remarks>
internal sealed class TunnelGateway(ILogger<TunnelGateway> logger)
{
    public async Task HandleAsync(HttpContext context, IGatewayConnection connection)
    {
        // 1
        var refusal = Refuse(context, connection);

        // 2
        IGatewayExchange? exchange = null;
        if (refusal == ExchangeError.None)
        {
            refusal = connection.TryOpen(out exchange);
        }

        if (exchange is null)
        {
            await ErrorPage.WriteAsync(context, refusal);
            return;
        }

        var sending = Task.CompletedTask;
        using (exchange)
        {
            try
            {
                await using var left = context.RequestAborted.UnsafeRegister(
                    static exchange => ((IGatewayExchange)exchange!).Cancel(ExchangeError.Cancelled), exchange);

                // 3
                if (VisitorRequest.TryRead(context, exchange.Request) is var invalid and not ExchangeError.None)
                {
                    exchange.Cancel(invalid);
                }
                else
                {
                    var hasContent = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;
                    exchange.SendHead(endOfRequest: !hasContent, upgrade: false);
                    if (hasContent)
                    {
                        sending = SendContentAsync(context, exchange);
                    }
                }

                // 4, 5
                if (await exchange.ReadHeadAsync() && await TryRespondAsync(context, exchange))
                {
                    return;
                }

                // 6
                await EndFailedAsync(context, exchange);
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
    }

    private static ExchangeError Refuse(HttpContext context, IGatewayConnection connection)
    {
        if (HttpMethods.IsConnect(context.Request.Method))
        {
            return ExchangeError.MethodUnsupported;
        }

        if (!connection.CanUpgrade && VisitorRequest.IsWebSocket(context))
        {
            return ExchangeError.UpgradeUnsupported;
        }

        return context.Request.ContentLength > connection.MaxRequestContent ? ExchangeError.ContentTooLarge : ExchangeError.None;
    }

    private static async ValueTask<bool> TryRespondAsync(HttpContext context, IGatewayExchange exchange)
    {
        if (!VisitorResponse.TryCopyHead(exchange.Response, context.Response))
        {
            exchange.Cancel(ExchangeError.ResponseInvalid);
            return false;
        }

        if (!await VisitorResponse.TryCopyContentAsync(exchange, context))
        {
            exchange.Cancel(ExchangeError.ResponseInvalid);
            return false;
        }

        return true;
    }

    private static async Task SendContentAsync(HttpContext context, IGatewayExchange exchange)
    {
        try
        {
            var reader = context.Request.BodyReader;
            ReadResult read;
            do
            {
                read = await reader.ReadAsync(context.RequestAborted);
                var error = read.IsCanceled ? exchange.Error : await exchange.SendContentAsync(read.Buffer, context.RequestAborted);
                reader.AdvanceTo(read.Buffer.End);
                if (read.IsCanceled || error != ExchangeError.None)
                {
                    exchange.Cancel(error);
                    return;
                }
            }
            while (!read.IsCompleted);

            await exchange.EndContentAsync(trailers: null, context.RequestAborted);
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
        await ErrorPage.WriteAsync(context, error, exchange.ErrorStatus);
    }
}
