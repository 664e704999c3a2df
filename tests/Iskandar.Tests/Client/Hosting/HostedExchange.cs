using Iskandar.Client.Hosting;
using Iskandar.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iskandar.Tests.Client.Hosting;

/// <summary>Runs an application for one exchange, as the tunnel's server does.</summary>
internal static class HostedExchange
{
    /// <summary>Runs it to its end.</summary>
    /// <returns>What was sent.</returns>
    public static async Task<IReadOnlyList<string>> RunAsync(FakeExchange exchange, RequestDelegate app)
    {
        await RunToEndAsync(exchange, new DelegateApplication(app));
        return exchange.Sent;
    }

    public static async Task RunToEndAsync(FakeExchange exchange, DelegateApplication application)
    {
        var tracker = new ExchangeTracker();
        new ExchangeHandler<HttpContext>(application, tracker, NullLogger.Instance).OnExchange(exchange);
        await exchange.Disposed.Within();
        await tracker.DrainAsync().Within();
        Assert.Equal((0, 0), (tracker.Count, application.Open));
    }
}
