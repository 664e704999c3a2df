using System.Net;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Tests.Client.Hosting;

/// <summary>An exchange as an application sees it.</summary>
public sealed class TunnelRequestTests
{
    [Fact]
    public async Task Request_Features_SayWhatTheVisitorAsked()
    {
        var exchange = new FakeExchange(
            "POST",
            "/a%20b/../c?q=%20",
            "hello",
            new Field("Host", "abc123.example.com"),
            new Field("X-Forwarded-For", "192.0.2.7"),
            new Field("X-Forwarded-Proto", "https"),
            new Field("X-Empty", ""),
            new Field("X-Two", "1"),
            new Field("x-two", "2"));

        var sent = await HostedExchange.RunAsync(exchange, static async context =>
        {
            var request = context.Request;
            Assert.Equal(("POST", "/c", "?q=%20", "https"), (request.Method, request.Path.Value, request.QueryString.Value, request.Scheme));
            Assert.Equal("/a%20b/../c?q=%20", context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
            Assert.Equal(("abc123.example.com", IPAddress.Parse("192.0.2.7")), (request.Host.Value!, context.Connection.RemoteIpAddress!));
            Assert.Equal((5L, true), (request.ContentLength!.Value, context.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody));
            Assert.Equal([""], request.Headers["X-Empty"].ToArray());
            Assert.Equal(["1", "2"], request.Headers["X-Two"].ToArray());
            using var reader = new StreamReader(request.Body);
            Assert.Equal("hello", await reader.ReadToEndAsync(Bounded.Token));
            context.Response.StatusCode = 299;
        });

        // A failed assertion in the application would be a 500.
        Assert.Equal("299 .", string.Concat(sent));
    }

    [Fact]
    public async Task Request_NoContent_NoLengthAndNoBody() => Assert.Equal("204 .", string.Concat(await HostedExchange.RunAsync(new FakeExchange(), static context =>
    {
        Assert.Null(context.Request.ContentLength);
        Assert.False(context.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody);
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    })));

    [Theory]
    [InlineData("hello", "7", "5")]
    [InlineData("hello", "x", "5")]
    [InlineData("", "7", "0")]
    [InlineData("", "0", "0")]
    public async Task ContentLength_WhateverTheMessageSays_ThatOfWhatArrived(string content, string said, string expected)
    {
        string? seen = null;
        await HostedExchange.RunAsync(new FakeExchange("POST", "/", content, new Field("Content-Length", said)), context =>
        {
            seen = context.Request.Headers.ContentLength?.ToString(provider: null);
            return Task.CompletedTask;
        });

        Assert.Equal(expected, seen);
    }

    [Theory]
    [InlineData("Connection", "close", "Connection")]
    [InlineData("Transfer-Encoding", "chunked", "Transfer-Encoding")]
    [InlineData("TE", "gzip", "TE")]
    [InlineData("Upgrade", "websocket", "Upgrade")]
    [InlineData("Keep-Alive", "timeout=5", "Keep-Alive")]
    [InlineData("Connection", "close, X-Hop", "X-Hop")]
    public async Task Field_OfAConnection_Dropped(string name, string value, string dropped)
    {
        var seen = true;
        await HostedExchange.RunAsync(new FakeExchange("GET", "/", "", new Field(name, value), new Field("X-Hop", "1")), context =>
        {
            seen = context.Request.Headers.ContainsKey(dropped);
            return Task.CompletedTask;
        });

        Assert.False(seen);
    }

    [Fact]
    public async Task Field_NamedByASecondConnectionLine_Dropped()
    {
        var seen = true;
        await HostedExchange.RunAsync(
            new FakeExchange("GET", "/", "", new Field("Connection", "close"), new Field("Connection", "X-Hop"), new Field("X-Hop", "1")),
            context =>
            {
                seen = context.Request.Headers.ContainsKey("X-Hop");
                return Task.CompletedTask;
            });

        Assert.False(seen);
    }

    [Fact]
    public async Task Visitor_Leaves_RequestAbortedAndNothingSent()
    {
        var exchange = new FakeExchange();
        var application = new DelegateApplication(static async context =>
        {
            var aborted = new TaskCompletionSource();
            await using var registration = context.RequestAborted.Register(aborted.SetResult);
            await aborted.Task.Within();
            context.RequestAborted.ThrowIfCancellationRequested();
        });
        var running = HostedExchange.RunToEndAsync(exchange, application);

        await exchange.CancelAsync();

        await running;
        Assert.Empty(exchange.Sent);
        Assert.Null(application.Fault);
    }
}
