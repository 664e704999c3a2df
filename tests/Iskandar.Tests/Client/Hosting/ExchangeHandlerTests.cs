using Iskandar.Client.Hosting;
using Iskandar.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iskandar.Tests.Client.Hosting;

/// <summary>On which thread an application begins.</summary>
public sealed class ExchangeHandlerTests
{
    private static readonly AsyncLocal<string> Ambient = new();

    [ThreadStatic]
    private static bool _isReading;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Begin_Inline_OnTheReadLoop(bool runInline)
    {
        var began = false;
        using var exchange = new FakeExchange();

        Handle(exchange, runInline, _ =>
        {
            began = _isReading;
            return Task.CompletedTask;
        });

        await exchange.Disposed.Within();
        Assert.Equal(runInline, began);
        Assert.Equal(["200 ."], exchange.Sent);
    }

    [Fact]
    public void Inline_ApplicationNeverWaits_DoneWhenHandled()
    {
        using var exchange = new FakeExchange();

        Handle(exchange, runInline: true, static context =>
        {
            context.Response.ContentLength = 2;
            return context.Response.WriteAsync("hi");
        });

        Assert.Equal(["200 hi."], exchange.Sent);
        Assert.True(exchange.Disposed.IsCompleted);
    }

    [Fact]
    public async Task Inline_ApplicationWaits_ReadLoopGoesOn()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var exchange = new FakeExchange();

        Handle(exchange, runInline: true, _ => gate.Task);

        Assert.Empty(exchange.Sent);
        gate.SetResult();
        await exchange.Disposed.Within();
        Assert.Equal(["200 ."], exchange.Sent);
    }

    [Fact]
    public void Inline_ApplicationThrowsAndLeavesTraces_ReadLoopNoticesNothing()
    {
        using var exchange = new FakeExchange();

        Handle(exchange, runInline: true, static _ =>
        {
            Ambient.Value = "left behind";
            throw new InvalidDataException();
        });

        Assert.Equal(["500 ."], exchange.Sent);
        Assert.Null(Ambient.Value);
    }

    private static void Handle(FakeExchange exchange, bool runInline, RequestDelegate app)
    {
        var handler = new ExchangeHandler<HttpContext>(new DelegateApplication(app), new ExchangeTracker(), NullLogger.Instance, runInline);
        _isReading = true;
        handler.OnExchange(exchange);
        _isReading = false;
    }
}
