using System.IO.Pipelines;
using System.Text;
using Iskandar.Cli.Configuration;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Cli.Http1;
using Iskandar.Tests.Client.Hosting;
using Iskandar.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Iskandar.Tests.Cli;

/// <summary>An origin that is spoken to in HTTP/2 with prior knowledge.</summary>
public sealed class ForwardedHttp2Tests
{
    private static readonly Field Grpc = new("content-type", "application/grpc");

    [Fact]
    public async Task Request_AnyKind_ComesInHttp2()
    {
        await using var stage = await StartAsync(static context => context.Response.WriteAsync(
            $"{context.Request.Protocol} {context.Request.Method} {context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget} "
            + $"{context.Request.Host} TE:{context.Request.Headers.TE}"));

        Assert.Equal(
            "HTTP/2 GET /a/../%7E?b=c localhost:3000 TE:", await ContentAsync(stage, new FakeExchange("GET", "/a/../%7E?b=c", "", new Field("host", "public.test"))));
    }

    [Fact]
    public async Task Grpc_ByItsContentType_ComesInHttp2AndAsksForTrailers()
    {
        await using var stage = await StartAsync(
            static context => context.Response.WriteAsync($"{context.Request.Protocol} TE:{context.Request.Headers.TE} {context.Request.Headers["grpc-timeout"]}"),
            UpstreamProtocol.Auto);

        Assert.Equal(
            "HTTP/2 TE:trailers 100m", await ContentAsync(stage, new FakeExchange("POST", "/s/m", "x", Grpc, new Field("grpc-timeout", "100m"))));
    }

    [Fact]
    public async Task Trailers_VisitorTakesThem_TheAppIsTold()
    {
        await using var stage = await StartAsync(static context => context.Response.WriteAsync($"{context.Request.Headers.TE} {context.Request.Headers.Connection}"));

        Assert.Equal("trailers ", await ContentAsync(stage, new FakeExchange("GET", "/", "", new Field("te", "trailers"))));
    }

    [Fact]
    public async Task Upload_DeclaredLength_IsKept()
    {
        await using var stage = await StartAsync(static async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync($"{context.Request.ContentLength} {await reader.ReadToEndAsync(Bounded.Token)}");
        });

        Assert.Equal("5 hello", await ContentAsync(stage, new FakeExchange("POST", "/", "hello")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Trailers_AnyContent_FollowIt(bool isSized)
    {
        await using var stage = await StartAsync(async context =>
        {
            context.Response.ContentLength = isSized ? 5 : null;
            await context.Response.WriteAsync("hello");
            context.Response.AppendTrailer("grpc-status", "5");
            context.Response.AppendTrailer("iskandar-error", "x");
        });
        var exchange = new FakeExchange("POST", "/", "x", Grpc);

        var sent = await stage.ForwardAsync(exchange);

        Assert.EndsWith("hello", sent[^2], StringComparison.Ordinal);
        Assert.Equal("grpc-status: 5.", sent[^1]);
        Assert.Equal(isSized ? "5" : null, exchange.Head!.Fields.Find("content-length"));
    }

    [Fact]
    public async Task TrailersOnly_NoContent_IsOneMessage()
    {
        await using var stage = await StartAsync(static context =>
        {
            context.Response.Headers["grpc-status"] = "12";
            return Task.CompletedTask;
        });
        var exchange = new FakeExchange("POST", "/", "x", Grpc);

        Assert.Equal(["200 ."], await stage.ForwardAsync(exchange));
        Assert.Equal("12", exchange.Head!.Fields.Find("grpc-status"));
    }

    [Fact]
    public async Task BothDirections_EachPiece_PassesAtOnce()
    {
        await using var stage = await StartAsync(static async context =>
        {
            await context.Response.Body.FlushAsync(Bounded.Token);
            var buffer = new byte[100];
            while (await context.Request.Body.ReadAsync(buffer, Bounded.Token) is > 0 and var count)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, count), Bounded.Token);
            }

            context.Response.AppendTrailer("grpc-status", "0");
        });
        var content = new Pipe();
        var exchange = new FakeExchange("POST", "/", "", Grpc) { Arriving = content.Reader.AsStream() };
        var running = stage.ForwardAsync(exchange);

        await exchange.UntilSentAsync("200 ");
        await content.Writer.WriteAsync("one"u8.ToArray(), Bounded.Token);
        await exchange.UntilSentAsync("200 one");
        await content.Writer.WriteAsync("two"u8.ToArray(), Bounded.Token);
        await exchange.UntilSentAsync("200 onetwo");
        await content.Writer.CompleteAsync();

        Assert.Equal(["200 ", "one", "two", "grpc-status: 0."], await running);
    }

    [Fact]
    public async Task Answer_BeforeTheUploadHasEnded_EndsTheExchange()
    {
        await using var stage = await StartAsync(static context => context.Response.WriteAsync("no"));
        var content = new Pipe();
        var exchange = new FakeExchange("POST", "/", "", Grpc) { Arriving = content.Reader.AsStream() };

        var sent = await stage.ForwardAsync(exchange);

        Assert.Equal("200 no.", string.Concat(sent));
    }

    [Fact]
    public async Task Origin_ResetsDuringTheContent_IsNoCleanEnd()
    {
        await using var stage = await StartAsync(static async context =>
        {
            await context.Response.WriteAsync("hello");
            await context.Response.Body.FlushAsync(Bounded.Token);
            await context.Request.Body.ReadExactlyAsync(new byte[1], Bounded.Token);
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(errorCode: 8);
        });
        var content = new Pipe();
        var exchange = new FakeExchange("POST", "/", "", Grpc) { Arriving = content.Reader.AsStream() };
        var running = stage.ForwardAsync(exchange);
        await exchange.UntilSentAsync("200 hello");

        await content.Writer.WriteAsync("x"u8.ToArray(), Bounded.Token);

        Assert.Equal("failed origin_failed", (await running)[^1]);
    }

    [Fact]
    public async Task Visitor_Leaves_TheOriginsStreamIsReset()
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stage = await StartAsync(async context =>
        {
            await context.Response.Body.FlushAsync(Bounded.Token);
            await using var registered = context.RequestAborted.Register(aborted.SetResult);
            await aborted.Task;
        });
        var exchange = new FakeExchange("POST", "/", "x", Grpc);
        var running = stage.ForwardAsync(exchange);
        await exchange.UntilSentAsync("200 ");

        await exchange.CancelAsync();

        await aborted.Task.Within();
        Assert.DoesNotContain(await running, static line => line.EndsWith('.'));
    }

    [Fact]
    public async Task Origin_DoesNotSpeakHttp2_IsAFailureWithAdvice()
    {
        await using var stage = OriginStage.Raw(out var origin, new OriginSettings(new Uri("http://localhost:3000"), HostField.Rewrite, UpstreamProtocol.Http2));
        var running = stage.ForwardAsync(new FakeExchange());
        await origin.ReadExactlyAsync(new byte[24], Bounded.Token).Within();

        await origin.SayAsync("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        await origin.DisposeAsync();

        Assert.Equal("failed origin_failed", (await running)[^1]);
        Assert.Equal("Does your app speak HTTP/2? If not: --upstream-protocol http1.", stage.LastFailure!.Advice);
    }

    private static Task<OriginStage> StartAsync(RequestDelegate origin, UpstreamProtocol protocol = UpstreamProtocol.Http2) => OriginStage.StartAsync(
        origin,
        new OriginSettings(new Uri("http://localhost:3000"), HostField.Rewrite, protocol),
        static listen => listen.Protocols = HttpProtocols.Http2);

    private static async Task<string> ContentAsync(OriginStage stage, FakeExchange exchange)
    {
        var text = new StringBuilder();
        foreach (var line in await stage.ForwardAsync(exchange))
        {
            text.Append(line);
        }

        Assert.Equal("200 ", text.ToString(0, 4));
        return text.ToString(4, text.Length - 5);
    }
}
