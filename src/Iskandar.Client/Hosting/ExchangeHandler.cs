using Iskandar.Protocol.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Logging;

namespace Iskandar.Client.Hosting;

/// <summary>Gives each exchange to the application.</summary>
/// <param name="application">The application.</param>
/// <param name="tracker">Counts what is under way.</param>
/// <param name="logger">Is told what the application throws.</param>
/// <param name="runInline">Whether the application may begin on the read loop. If not, it begins on a thread of the pool.</param>
internal sealed class ExchangeHandler<TContext>(IHttpApplication<TContext> application, ExchangeTracker tracker, ILogger logger, bool runInline = false) : IExchangeHandler
    where TContext : notnull
{
    public void OnExchange(IClientExchange exchange)
    {
        tracker.Add();
        if (runInline)
        {
            // The tracker counts it until it has ended, and it catches everything.
            _ = RunAsync(exchange);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(new Work(this, exchange), preferLocal: false);
        }
    }

    public void OnCallbackFault(Exception exception) => Log.ApplicationError(logger, exception);

    private async Task RunAsync(IClientExchange exchange)
    {
        var request = new TunnelRequest(exchange);
        try
        {
            var context = application.CreateContext(request);
            Exception? fault = null;
            try
            {
                await application.ProcessRequestAsync(context).ConfigureAwait(false);
                await request.CompleteAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (request.IsCancelled)
            {
                // The visitor left, and the application noticed.
            }
            catch (Exception thrown)
            {
                // Whatever an application throws ends its own exchange and nothing else, as with any server.
                fault = thrown;
                Log.ApplicationError(logger, thrown);
                await request.FailAsync().ConfigureAwait(false);
            }

            await request.FireOnCompletedAsync(logger).ConfigureAwait(false);
            application.DisposeContext(context, fault);
        }
        catch (Exception thrown)
        {
            Log.ApplicationError(logger, thrown);
        }
        finally
        {
            request.Detach();
            exchange.Dispose();
            tracker.Remove();
        }
    }

    private sealed class Work(ExchangeHandler<TContext> handler, IClientExchange exchange) : IThreadPoolWorkItem
    {
        public void Execute() => _ = handler.RunAsync(exchange);
    }
}
