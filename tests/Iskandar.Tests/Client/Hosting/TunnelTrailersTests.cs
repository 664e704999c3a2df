using System.Text;
using Iskandar.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Tests.Client.Hosting;

/// <summary>Trailer sections (RFC 9110 section 6.5), both ways.</summary>
public sealed class TunnelTrailersTests
{
    [Theory]
    [InlineData("read")]
    [InlineData("copied")]
    public async Task Request_ContentReadToItsEnd_TrailersAreThere(string way)
    {
        using var exchange = new FakeExchange("POST", "/", "hello");
        exchange.RequestTrailers.Add("X-Sum", "1");
        exchange.RequestTrailers.Add("x-sum", "2");
        exchange.RequestTrailers.Add("X-Empty", "");
        exchange.RequestTrailers.Add("Transfer-Encoding", "chunked");

        var sent = await HostedExchange.RunAsync(exchange, async context =>
        {
            var feature = context.Features.GetRequiredFeature<IHttpRequestTrailersFeature>();
            Assert.False(feature.Available);
            Assert.Throws<InvalidOperationException>(() => feature.Trailers);
            var body = context.Request.Body;
            if (way == "copied")
            {
                await body.CopyToAsync(Stream.Null, Bounded.Token);
            }
            else
            {
                Assert.Equal(0, await body.ReadAsync(Memory<byte>.Empty, Bounded.Token));
                Assert.Equal(5, await body.ReadAsync(new byte[10], Bounded.Token));
                Assert.False(feature.Available);
                Assert.Equal(0, await body.ReadAsync(new byte[10], Bounded.Token));
            }

            Assert.True(feature.Available);
            Assert.Equal(["X-Empty", "X-Sum"], feature.Trailers.Keys.Order(StringComparer.Ordinal));
            Assert.Equal(["1", "2"], feature.Trailers["X-Sum"].ToArray());
            Assert.Equal([""], feature.Trailers["X-Empty"].ToArray());
            context.Response.StatusCode = 299;
        });

        Assert.Equal("299 .", string.Concat(sent));
    }

    [Fact]
    public async Task Request_NoContent_NoTrailersAndKnownAtOnce() => Assert.Equal("299 .", string.Concat(await HostedExchange.RunAsync(new FakeExchange(), static context =>
    {
        var feature = context.Features.GetRequiredFeature<IHttpRequestTrailersFeature>();
        Assert.True(feature.Available);
        Assert.Empty(feature.Trailers);
        context.Response.StatusCode = 299;
        return Task.CompletedTask;
    })));

    [Fact]
    public async Task Response_Unsized_TrailersBehindTheContent() => Assert.Equal(["200 one", "two", "X-Sum: 3 X-Sum: 4."], await RunAsync(static async context =>
    {
        Assert.True(context.Response.SupportsTrailers());
        await WriteAsync(context, "one");
        await WriteAsync(context, "two");
        context.Response.AppendTrailer("X-Sum", new(["3", "4"]));
        context.Response.AppendTrailer("Transfer-Encoding", "chunked");
        context.Response.AppendTrailer("Content-Length", "5");
    }));

    [Fact]
    public async Task Response_NothingWritten_TrailersBehindTheHead() => Assert.Equal(["200 ", "X-Sum: 3."], await RunAsync(static context =>
    {
        context.Response.AppendTrailer("X-Sum", "3");
        return Task.CompletedTask;
    }));

    [Fact]
    public async Task Response_WriterNotFlushed_TrailersBehindWhatWasLeft() => Assert.Equal(["200 left", "X-Sum: 3."], await RunAsync(static context =>
    {
        "left"u8.CopyTo(context.Response.BodyWriter.GetSpan(4));
        context.Response.BodyWriter.Advance(4);
        context.Response.AppendTrailer("X-Sum", "3");
        return Task.CompletedTask;
    }));

    [Fact]
    public async Task Response_SizedAndAnnounced_TrailersBehindTheContent() => Assert.Equal(["200 one", "X-Sum: 3."], await RunAsync(static async context =>
    {
        context.Response.DeclareTrailer("X-Sum");
        context.Response.ContentLength = 3;
        await WriteAsync(context, "one");
        context.Response.AppendTrailer("X-Sum", "3");
    }));

    [Fact]
    public async Task Response_SizedAndSetBefore_TrailersBehindTheContent() => Assert.Equal(["200 one", "X-Sum: 3."], await RunAsync(static async context =>
    {
        context.Response.AppendTrailer("X-Sum", "3");
        context.Response.ContentLength = 3;
        await WriteAsync(context, "one");
    }));

    [Fact]
    public async Task Response_SizedAndAskedFor_TrailersBehindTheContent() => Assert.Equal(["200 one", "X-Sum: 3."], await RunAsync(static async context =>
    {
        var trailers = context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
        context.Response.ContentLength = 3;
        await context.Response.WriteAsync("one");
        trailers["X-Sum"] = "3";
    }));

    [Fact]
    public async Task Response_AnnouncedAndNeverSet_EndsAllTheSame() => Assert.Equal(["200 one", "."], await RunAsync(static async context =>
    {
        context.Response.DeclareTrailer("X-Sum");
        context.Response.ContentLength = 3;
        await WriteAsync(context, "one");
    }));

    [Fact]
    public async Task Response_SizedAndComplete_TooLateForTrailers() => Assert.Equal(["200 one."], await RunAsync(static async context =>
    {
        context.Response.ContentLength = 3;
        await WriteAsync(context, "one");
        Assert.False(context.Response.SupportsTrailers());
    }));

    [Theory]
    [InlineData("HEAD", 200)]
    [InlineData("GET", 204)]
    public async Task Response_WithoutContent_NoTrailersEither(string method, int status)
    {
        using var exchange = new FakeExchange(method);

        var sent = await HostedExchange.RunAsync(exchange, context =>
        {
            context.Response.StatusCode = status;
            context.Response.AppendTrailer("X-Sum", "3");
            return Task.CompletedTask;
        });

        Assert.Equal([$"{status} ."], sent);
    }

    [Fact]
    public async Task Response_Throws_AfterTrailersWereSet_Failed() => Assert.Equal(["200 one", "failed origin_failed"], await RunAsync(static async context =>
    {
        await WriteAsync(context, "one");
        context.Response.AppendTrailer("X-Sum", "3");
        throw new InvalidDataException();
    }));

    private static Task<IReadOnlyList<string>> RunAsync(RequestDelegate app) => HostedExchange.RunAsync(new FakeExchange(), app);

    private static ValueTask WriteAsync(HttpContext context, string text) => context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), Bounded.Token);
}
