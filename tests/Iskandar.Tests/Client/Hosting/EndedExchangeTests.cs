using Iskandar.Client;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Tests.Client.Hosting;

/// <summary>An application that keeps a request after its end.</summary>
public sealed class EndedExchangeTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Kept_UsedAfterTheEnd_NothingOfItReachesTheExchange(bool visitorLeft)
    {
        using var exchange = new FakeExchange("POST", "/", "hello", new Field("X-A", "1"));
        exchange.RequestTrailers.Add("X-Sum", "1");
        HttpContext? kept = null;
        await HostedExchange.RunAsync(exchange, async context =>
        {
            kept = context;
            if (visitorLeft)
            {
                await exchange.CancelAsync();
                throw new OperationCanceledException();
            }
        });
        var sent = exchange.Sent;

        await kept!.Response.Body.WriteAsync("late"u8.ToArray(), Bounded.Token);
        await kept.Response.CompleteAsync();
        kept.Features.GetRequiredFeature<ITunnelExchangeFeature>().Fail(OriginFailure.Failed);
        kept.Features.GetRequiredFeature<ITunnelExchangeFeature>().SendInformational(103, new HeaderDictionary());
        kept.Abort();

        Assert.Equal(sent, exchange.Sent);
        Assert.Equal(0, await kept.Request.Body.ReadAsync(new byte[1], Bounded.Token));
        Assert.Empty(kept.Request.Headers);
        Assert.False(kept.RequestAborted.IsCancellationRequested);
    }

    [Fact]
    public async Task Kept_HeadersReadBefore_StillThere()
    {
        using var exchange = new FakeExchange("GET", "/path?q", "", new Field("X-A", "1"));
        HttpContext? kept = null;
        await HostedExchange.RunAsync(exchange, context =>
        {
            kept = context;
            Assert.Single(context.Request.Headers);
            return Task.CompletedTask;
        });
        exchange.Request.Clear();

        Assert.Equal(("/path", "?q", "1"), (kept!.Request.Path.Value, kept.Request.QueryString.Value, kept.Request.Headers["X-A"].ToString()));
    }
}
