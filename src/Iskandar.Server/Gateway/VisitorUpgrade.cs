using System.IO.Pipelines;
using Iskandar.Protocol.Connections;
using Microsoft.AspNetCore.Http;

namespace Iskandar.Server.Gateway;

/// <summary>An upgraded connection (RFC 9110 section 7.8): bytes both ways between a visitor and an exchange. Nothing but flow control holds them up.</summary>
internal static class VisitorUpgrade
{
    // For what a visitor sent before it left to reach the app, and for the app to end its side.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(5);

    // A connection on which nothing happens holds no buffer.
    private static readonly StreamPipeReaderOptions ReaderOptions = new(bufferSize: 16 * 1024, leaveOpen: true, useZeroByteReads: true);

    /// <summary>Answers that it is agreed, with fields that are set already, and copies until the connection is over.</summary>
    /// <returns>False when it broke off, and must not look as if it had ended.</returns>
    public static async ValueTask<bool> TryCopyAsync(HttpContext context, IGatewayExchange exchange, RequestedUpgrade upgrade, TimeProvider time)
    {
        if (await upgrade.AcceptAsync(context) is not { } visitor)
        {
            exchange.Cancel(ExchangeError.ServerBusy);
            return false;
        }

        // Never disposed: the exchange may fail a moment after this has returned.
        var over = new CancellationTokenSource();
        exchange.OnFailed(static over => _ = ((CancellationTokenSource)over).CancelAsync(), over);
        var sending = SendAsync(visitor, exchange, over.Token);
        try
        {
            var receiving = ReceiveAsync(visitor, exchange, over.Token);
            try
            {
                return await receiving.WaitAsync(context.RequestAborted);
            }
            catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
            {
                await LingerAsync(exchange, Task.WhenAll(sending, receiving), time);
                return await receiving;
            }
        }
        finally
        {
            // Kestrel can't end one direction alone: when the app has ended its own, the visitor learns of it by the end of the connection.
            if (!sending.IsCompleted)
            {
                exchange.StopContent();
                await over.CancelAsync();
            }

            await sending;
        }
    }

    // A visitor that has only ended its direction counts as gone, since nothing more can be written to it; what it sent before still counts.
    private static async Task LingerAsync(IGatewayExchange exchange, Task copying, TimeProvider time)
    {
        try
        {
            await copying.WaitAsync(Linger, time);
        }
        catch (TimeoutException)
        {
            exchange.Cancel(ExchangeError.Cancelled);
        }
    }

    private static async Task SendAsync(Stream visitor, IGatewayExchange exchange, CancellationToken over)
    {
        var reader = PipeReader.Create(visitor, ReaderOptions);
        try
        {
            ReadResult read;
            do
            {
                read = await reader.ReadAsync(over);
                var error = read.Buffer.IsEmpty ? ExchangeError.None : await exchange.SendContentAsync(read.Buffer, over);
                reader.AdvanceTo(read.Buffer.End);
                if (error != ExchangeError.None)
                {
                    exchange.Cancel(error);
                    return;
                }
            }
            while (!read.IsCompleted);

            await exchange.EndContentAsync(trailers: null, over);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // Nobody takes anything any more.
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException)
        {
            exchange.Cancel(ExchangeError.Cancelled);
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private static async Task<bool> ReceiveAsync(Stream visitor, IGatewayExchange exchange, CancellationToken over)
    {
        try
        {
            while (true)
            {
                var read = await exchange.Content.ReadAsync(CancellationToken.None);
                foreach (var segment in read.Buffer)
                {
                    await visitor.WriteAsync(segment, over);
                }

                await visitor.FlushAsync(over);
                var length = read.Buffer.Length;
                exchange.Content.AdvanceTo(read.Buffer.End);
                if (exchange.Error != ExchangeError.None)
                {
                    return false;
                }

                exchange.Consumed(length);
                if (read.IsCompleted)
                {
                    return true;
                }
            }
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException)
        {
            exchange.Cancel(ExchangeError.Cancelled);
            return false;
        }
    }
}
