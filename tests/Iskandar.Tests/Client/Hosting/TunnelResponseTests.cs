using System.Text;
using Iskandar.Client;
using Iskandar.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Tests.Client.Hosting;

/// <summary>An application's response as it is sent: how many messages, which is the last, and what becomes of a fault.</summary>
public sealed class TunnelResponseTests
{
    [Fact]
    public async Task Nothing_Written_OneMessage() =>
        Assert.Equal(["200 ."], await RunAsync(static _ => Task.CompletedTask));

    [Fact]
    public async Task Small_DeclaredLength_OneMessage() => Assert.Equal(["200 hello."], await RunAsync(static async context =>
    {
        context.Response.ContentLength = 5;
        await context.Response.Body.WriteAsync("hello"u8.ToArray(), Bounded.Token);
    }));

    [Fact]
    public async Task Small_WrittenTheCommonWay_OneMessage() => Assert.Equal(["200 hello."], await RunAsync(static async context =>
    {
        // This starts the response before it writes, which makes the head unmodifiable and needs to send nothing yet.
        context.Response.ContentLength = 5;
        await context.Response.WriteAsync("hello", Bounded.Token);
    }));

    [Fact]
    public async Task Sized_InPieces_LastPieceEndsIt() => Assert.Equal(["200 hel", "lo", "!."], await RunAsync(static async context =>
    {
        context.Response.ContentLength = 6;
        foreach (var piece in (string[])["hel", "lo", "!"])
        {
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(piece), Bounded.Token);
        }
    }));

    [Fact]
    public async Task Unsized_InPieces_EndSentByItself() => Assert.Equal(["200 one", "two", "."], await RunAsync(static async context =>
    {
        await context.Response.Body.WriteAsync("one"u8.ToArray(), Bounded.Token);
        await context.Response.Body.WriteAsync("two"u8.ToArray(), Bounded.Token);
    }));

    [Fact]
    public async Task Flush_NothingWritten_HeadGoesAheadOnce() => Assert.Equal(["200 ", "late", "."], await RunAsync(static async context =>
    {
        await context.Response.Body.FlushAsync(Bounded.Token);
        await context.Response.StartAsync(Bounded.Token);
        Assert.True(context.Response.HasStarted);
        await context.Response.Body.WriteAsync("late"u8.ToArray(), Bounded.Token);
    }));

    [Fact]
    public async Task Writer_NotFlushed_SentInTheEnd() => Assert.Equal("200 left.", string.Concat(await RunAsync(static context =>
    {
        var span = context.Response.BodyWriter.GetSpan(4);
        "left"u8.CopyTo(span);
        context.Response.BodyWriter.Advance(4);
        return Task.CompletedTask;
    })));

    [Theory]
    [InlineData("HEAD", 200)]
    [InlineData("GET", 204)]
    [InlineData("GET", 304)]
    public async Task Content_WhereHttpHasNone_Suppressed(string method, int status)
    {
        var exchange = new FakeExchange(method);

        var sent = await HostedExchange.RunAsync(exchange, async context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentLength = status == 204 ? null : 5;
            await context.Response.Body.WriteAsync("hello"u8.ToArray(), Bounded.Token);
            await context.Response.Body.WriteAsync("more"u8.ToArray(), Bounded.Token);
        });

        Assert.Equal($"{status} .", string.Concat(sent));
        Assert.Equal(status == 204 ? null : "5", exchange.Head!.Fields.Find("Content-Length"));
    }

    [Fact]
    public async Task Throws_BeforeStart_500WithNothingOfTheResponse()
    {
        var exchange = new FakeExchange();
        var application = new DelegateApplication(static context =>
        {
            context.Response.StatusCode = 201;
            context.Response.Headers["X-Secret"] = "1";
            context.Response.ContentLength = 5;
            throw new InvalidDataException();
        });

        await HostedExchange.RunToEndAsync(exchange, application);

        Assert.Equal(["500 ."], exchange.Sent);
        Assert.Equal(0, exchange.Head!.Fields.Count);
        Assert.IsType<InvalidDataException>(application.Fault);
    }

    [Fact]
    public async Task Throws_AfterStart_Failed() => Assert.Equal(["200 part", "failed origin_failed"], await RunAsync(static async context =>
    {
        await context.Response.Body.WriteAsync("part"u8.ToArray(), Bounded.Token);
        throw new InvalidDataException();
    }));

    [Fact]
    public async Task Throws_AfterTheLastPiece_ResponseStaysComplete() => Assert.Equal(["200 all."], await RunAsync(static async context =>
    {
        context.Response.ContentLength = 3;
        await context.Response.Body.WriteAsync("all"u8.ToArray(), Bounded.Token);
        throw new InvalidDataException();
    }));

    [Fact]
    public async Task Throws_WithoutTheVisitorLeaving_CancellationIsAFaultToo() => Assert.Equal(["500 ."], await RunAsync(static _ => throw new OperationCanceledException()));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MoreWrittenThanDeclared_SecondWrite_NeverAComplete(bool swallowed)
    {
        var sent = await RunAsync(async context =>
        {
            context.Response.ContentLength = 5;
            await context.Response.Body.WriteAsync("four"u8.ToArray(), Bounded.Token);
            var fault = await Record.ExceptionAsync(async () => await context.Response.Body.WriteAsync("more"u8.ToArray(), Bounded.Token));
            Assert.IsType<InvalidOperationException>(fault);
            if (!swallowed)
            {
                throw fault;
            }
        });

        Assert.Equal("200 four", sent[0]);
        Assert.Equal("failed origin_failed", sent[^1]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MoreWrittenThanDeclared_FirstWrite_NothingOfItSent(bool swallowed)
    {
        var sent = await RunAsync(async context =>
        {
            context.Response.ContentLength = 5;
            var fault = await Record.ExceptionAsync(async () => await context.Response.Body.WriteAsync("six..."u8.ToArray(), Bounded.Token));
            Assert.IsType<InvalidOperationException>(fault);
            Assert.False(context.Response.HasStarted);
            if (!swallowed)
            {
                throw fault;
            }
        });

        // Nothing has left: the visitor may still be told properly, one way or the other.
        Assert.Contains(Assert.Single(sent), (string[])["500 .", "failed origin_failed"]);
    }

    [Fact]
    public async Task LessWrittenThanDeclared_Started_Failed() => Assert.Equal(["200 four", "failed origin_failed"], await RunAsync(static async context =>
    {
        context.Response.ContentLength = 5;
        await context.Response.Body.WriteAsync("four"u8.ToArray(), Bounded.Token);
    }));

    [Fact]
    public async Task LessWrittenThanDeclared_NothingWritten_NotComplete()
    {
        var sent = await RunAsync(static context =>
        {
            context.Response.ContentLength = 5;
            return Task.CompletedTask;
        });

        Assert.Contains(sent[^1], (string[])["500 .", "failed origin_failed"]);
    }

    [Theory]
    [InlineData(OriginFailure.Unreachable, "origin_unreachable")]
    [InlineData(OriginFailure.Timeout, "origin_timeout")]
    [InlineData(OriginFailure.Failed, "origin_failed")]
    public async Task Fail_BeforeStart_InsteadOfAResponse(OriginFailure failure, string code) => Assert.Equal([$"failed {code}"], await RunAsync(async context =>
    {
        context.Features.GetRequiredFeature<ITunnelExchangeFeature>().Fail(failure);
        await context.Response.WriteAsync("not sent", Bounded.Token);
    }));

    [Fact]
    public async Task Abort_AfterStart_Failed() => Assert.Equal(["200 part", "failed origin_failed"], await RunAsync(static async context =>
    {
        await context.Response.Body.WriteAsync("part"u8.ToArray(), Bounded.Token);
        context.Abort();
        await context.Response.Body.WriteAsync("not sent"u8.ToArray(), Bounded.Token);
    }));

    private static Task<IReadOnlyList<string>> RunAsync(RequestDelegate app) => HostedExchange.RunAsync(new FakeExchange(), app);
}
