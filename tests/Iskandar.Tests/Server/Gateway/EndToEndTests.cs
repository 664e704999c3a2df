using System.Net;
using System.Text;
using Iskandar.Client.Hosting;
using Iskandar.Protocol.Connections;
using Iskandar.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iskandar.Tests.Server.Gateway;

/// <summary>A visitor, the server on Kestrel, a tunnel, our client and an application: all of it, in memory.</summary>
public sealed class EndToEndTests : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private InMemoryServer? _server;
    private IClientConnection? _client;
    private Task<string>? _running;
    private Uri? _url;

    [Fact]
    public async Task Request_Echoed_ByteForByte()
    {
        await StartAsync(static async context =>
        {
            context.Response.StatusCode = 201;
            context.Response.ContentType = "application/octet-stream";
            context.Response.Headers["X-Target"] = context.Request.Path + context.Request.QueryString;
            await context.Request.Body.CopyToAsync(context.Response.Body, Bounded.Token);
        });
        var content = Enumerable.Range(0, 1_000_000).Select(static i => (byte)(i * 31)).ToArray();

        using var response = await _server!.Visitor.PostAsync(new Uri(_url!, "/a?b=c"), new ByteArrayContent(content), Bounded.Token).Within();

        Assert.Equal((HttpStatusCode.Created, "/a?b=c"), (response.StatusCode, Assert.Single(response.Headers.GetValues("X-Target"))));
        Assert.Equal(content, await response.Content.ReadAsByteArrayAsync(Bounded.Token).Within());
    }

    [Fact]
    public async Task Response_LargerThanEveryWindow_AllOfIt()
    {
        var piece = Enumerable.Range(0, 70_000).Select(static i => (byte)(i % 251)).ToArray();
        await StartAsync(async context =>
        {
            for (var i = 0; i < 100; i++)
            {
                await context.Response.Body.WriteAsync(piece, context.RequestAborted);
            }
        });

        var content = await _server!.Visitor.GetByteArrayAsync(_url, Bounded.Token).Within();

        Assert.Equal(100 * piece.Length, content.Length);
        for (var i = 0; i < 100; i++)
        {
            Assert.True(content.AsSpan(i * piece.Length, piece.Length).SequenceEqual(piece));
        }
    }

    [Fact]
    public async Task Response_Streamed_EachPieceArrivesBeforeTheNextIsWritten()
    {
        using var next = new SemaphoreSlim(0);
        await StartAsync(async context =>
        {
            foreach (var piece in (string[])["one", "two", "three"])
            {
                await next.WaitAsync(context.RequestAborted);
                await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(piece), context.RequestAborted);
            }
        });
        next.Release();
        using var response = await _server!.Visitor.GetAsync(_url, HttpCompletionOption.ResponseHeadersRead, Bounded.Token).Within();
        await using var content = await response.Content.ReadAsStreamAsync(Bounded.Token);
        foreach (var piece in (string[])["one", "two", "three"])
        {
            var bytes = new byte[piece.Length];
            await content.ReadExactlyAsync(bytes, Bounded.Token).AsTask().Within();
            Assert.Equal(piece, Encoding.UTF8.GetString(bytes));
            next.Release();
        }

        Assert.Equal(0, await content.ReadAsync(new byte[1], Bounded.Token).AsTask().Within());
    }

    [Fact]
    public async Task Exchanges_ManyAtOnce_NoneMixedUp()
    {
        await StartAsync(static context => context.Response.WriteAsync($"for {context.Request.Path}", Bounded.Token));

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => _server!.Visitor.GetStringAsync(new Uri(_url!, $"/{i}"), Bounded.Token))).Within();

        Assert.Equal(Enumerable.Range(0, 200).Select(static i => $"for /{i}"), answers);
    }

    [Fact]
    public async Task Visitor_Leaves_ApplicationIsTold()
    {
        var aborted = new TaskCompletionSource();
        await StartAsync(async context =>
        {
            await context.Response.Body.FlushAsync(Bounded.Token);
            await using var registration = context.RequestAborted.Register(aborted.SetResult);
            await aborted.Task.Within();
        });
        using var response = await _server!.Visitor.GetAsync(_url, HttpCompletionOption.ResponseHeadersRead, Bounded.Token).Within();

        response.Dispose();

        await aborted.Task.Within();
    }

    [Fact]
    public async Task Application_Throws_500BeforeAndAbortedAfterTheHead()
    {
        using var arrived = new SemaphoreSlim(0);
        await StartAsync(async context =>
        {
            if (context.Request.Path == "/after")
            {
                await context.Response.Body.WriteAsync("part"u8.ToArray(), Bounded.Token);
                await arrived.WaitAsync(Bounded.Token);
            }

            throw new InvalidDataException();
        });

        using var before = await _server!.Visitor.GetAsync(_url, Bounded.Token).Within();
        Assert.Equal(HttpStatusCode.InternalServerError, before.StatusCode);
        using var after = await _server.Visitor.GetAsync(new Uri(_url!, "/after"), HttpCompletionOption.ResponseHeadersRead, Bounded.Token).Within();
        await using var content = await after.Content.ReadAsStreamAsync(Bounded.Token);
        await content.ReadExactlyAsync(new byte[4], Bounded.Token).AsTask().Within();
        arrived.Release();
        await Assert.ThrowsAnyAsync<IOException>(() => content.ReadAsync(new byte[1], Bounded.Token).AsTask().Within());
    }

    [Fact]
    public async Task Fields_BothWays_HygienicAndTrue()
    {
        IHeaderDictionary? seen = null;
        await StartAsync(context =>
        {
            seen = new HeaderDictionary(context.Request.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase));
            context.Response.Headers.SetCookie = new(["a=1", "b=2"]);
            context.Response.Headers["Iskandar-Error"] = "tunnel_not_found";
            context.Response.Headers["X-Obs"] = "é";
            return Task.CompletedTask;
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, _url);
        request.Headers.Add("X-Forwarded-For", "10.0.0.1");
        request.Headers.Add("Forwarded", "for=10.0.0.1");
        request.Headers.Add("Iskandar-Anything", "1");
        request.Headers.Add("Cookie", "a=1; b=2");
        request.Headers.Add("X-Hop", "1");
        request.Headers.Connection.Add("X-Hop");

        using var response = await _server!.Visitor.SendAsync(request, Bounded.Token).Within();

        Assert.Equal(["192.0.2.7"], seen!["X-Forwarded-For"].ToArray());
        Assert.Equal(["http"], seen["X-Forwarded-Proto"].ToArray());
        Assert.Equal([_url!.Authority], seen["X-Forwarded-Host"].ToArray());
        Assert.Equal(["a=1; b=2"], seen.Cookie.ToArray());
        Assert.DoesNotContain(seen, static field => field.Key is "Forwarded" or "Iskandar-Anything" or "X-Hop" or "Connection");
        Assert.Equal(["a=1", "b=2"], response.Headers.GetValues("Set-Cookie"));
        Assert.False(response.Headers.Contains("Iskandar-Error"));
    }

    [Theory]
    [InlineData("HEAD", 200)]
    [InlineData("GET", 204)]
    [InlineData("GET", 304)]
    public async Task Content_WhereHttpHasNone_ConnectionStaysUsable(string method, int status)
    {
        await StartAsync(async context =>
        {
            context.Response.StatusCode = status;
            await context.Response.Body.WriteAsync("not for you"u8.ToArray(), Bounded.Token);
        });
        for (var i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), _url);
            using var response = await _server!.Visitor.SendAsync(request, Bounded.Token).Within();
            Assert.Equal((status, ""), ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Bounded.Token)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_running is not null)
        {
            await _running.Within();
            await _client!.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _stop.Dispose();
    }

    private async Task StartAsync(RequestDelegate app)
    {
        _server = await InMemoryServer.StartAsync();
        _client = await _server.OpenClientAsync();
        _url = new Uri(_client.Registration.Url!);
        _running = _client.RunAsync(new ExchangeHandler<HttpContext>(new DelegateApplication(app), new ExchangeTracker(), NullLogger.Instance), _stop.Token);
    }
}
