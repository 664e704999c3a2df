using Iskandar.Client;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Tests.Client.Hosting;

/// <summary>The head of an application's response, and the callbacks around it.</summary>
public sealed class TunnelResponseHeadTests
{
    [Fact]
    public async Task Head_Fields_AllButThoseOfAConnection()
    {
        var exchange = new FakeExchange();

        await HostedExchange.RunAsync(exchange, static context =>
        {
            var headers = context.Response.Headers;
            headers.ContentType = "text/plain";
            headers.SetCookie = new(["a=1", "b=2"]);
            headers["X-Empty"] = "";
            headers.Connection = new(["close", "X-Hop"]);
            headers["X-Hop"] = "1";
            headers.TransferEncoding = "chunked";
            headers.KeepAlive = "timeout=5";
            headers.Upgrade = "h2c";
            return Task.CompletedTask;
        });

        Assert.Equal(
            [new Field("Content-Type", "text/plain"), new Field("Set-Cookie", "a=1"), new Field("Set-Cookie", "b=2"), new Field("X-Empty", "")],
            exchange.Head!.Fields.Lines.ToArray().OrderBy(static line => line.Name, StringComparer.Ordinal).ThenBy(static line => line.Value, StringComparer.Ordinal));
    }

    [Fact]
    public async Task OnStarting_Callbacks_LastFirstAndMayChangeTheHead()
    {
        var exchange = new FakeExchange();
        var order = "";

        await HostedExchange.RunAsync(exchange, async context =>
        {
            context.Response.OnStarting(() =>
            {
                order += "first ";
                context.Response.StatusCode = 202;
                return Task.CompletedTask;
            });
            context.Response.OnStarting(() =>
            {
                order += "second ";
                context.Response.Headers["X"] = "y";
                return Task.CompletedTask;
            });
            await context.Response.Body.WriteAsync("a"u8.ToArray(), Bounded.Token);
            order += "written";
        });

        Assert.Equal("second first written", order);
        Assert.Equal((202, "y"), (exchange.Head!.Status, exchange.Head.Fields.Find("X")));
    }

    [Fact]
    public async Task OnStarting_Throws_500() => Assert.Equal(["500 ."], await HostedExchange.RunAsync(new FakeExchange(), static async context =>
    {
        context.Response.OnStarting(static () => throw new InvalidDataException());
        await context.Response.WriteAsync("not sent", Bounded.Token);
    }));

    [Theory]
    [InlineData("completes")]
    [InlineData("throws")]
    [InlineData("aborts")]
    public async Task OnCompleted_AnyOutcome_CalledLastFirstThoughOneThrows(string outcome)
    {
        var order = "";
        await HostedExchange.RunAsync(new FakeExchange(), context =>
        {
            context.Response.OnCompleted(() =>
            {
                order += "first";
                return Task.CompletedTask;
            });
            context.Response.OnCompleted(static () => throw new InvalidDataException());
            context.Response.OnCompleted(() =>
            {
                order += "third ";
                return Task.CompletedTask;
            });
            switch (outcome)
            {
                case "throws":
                    throw new InvalidDataException();
                case "aborts":
                    context.Abort();
                    break;
            }

            return Task.CompletedTask;
        });

        Assert.Equal("third first", order);
    }

    [Fact]
    public async Task Started_StatusAndCallbacks_CantBeSetAnyMore() => Assert.Equal("200 .", string.Concat(await HostedExchange.RunAsync(new FakeExchange(), static async context =>
    {
        Assert.False(context.Response.HasStarted);
        await context.Response.StartAsync(Bounded.Token);
        Assert.True(context.Response.HasStarted);
        Assert.Throws<InvalidOperationException>(() => context.Response.StatusCode = 404);
        Assert.Throws<InvalidOperationException>(() => context.Response.OnStarting(static () => Task.CompletedTask));
    })));

    [Fact]
    public async Task Informational_BeforeTheHead_SentAtOnceAndNeverLater()
    {
        var sent = await HostedExchange.RunAsync(new FakeExchange(), static async context =>
        {
            var feature = context.Features.GetRequiredFeature<ITunnelExchangeFeature>();
            Assert.Throws<ArgumentOutOfRangeException>(() => feature.SendInformational(101, new HeaderDictionary()));
            Assert.Throws<ArgumentOutOfRangeException>(() => feature.SendInformational(200, new HeaderDictionary()));
            feature.SendInformational(103, new HeaderDictionary { ["Link"] = "</a.css>", ["Connection"] = "close" });
            feature.SendInformational(102, new HeaderDictionary());
            await context.Response.WriteAsync("hi", Bounded.Token);
            feature.SendInformational(103, new HeaderDictionary());
        });

        Assert.Equal(["103 informational Link: </a.css>", "102 informational", "200 hi", "."], sent);
    }

    [Fact]
    public async Task SynchronousWrites_WouldBlock_Refused() => Assert.Equal("200 .", string.Concat(await HostedExchange.RunAsync(new FakeExchange(), static context =>
    {
        Assert.Throws<InvalidOperationException>(() => context.Response.Body.Write([1], 0, 1));
        Assert.Throws<InvalidOperationException>(context.Response.Body.Flush);
        return Task.CompletedTask;
    })));
}
