using System.Net;
using System.Security.Cryptography;
using System.Text;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>Visitors who speak HTTP/2, by ALPN over TLS and by prior knowledge in clear: every kind of exchange that HTTP/1.1 has.</summary>
public class Http2FlowTests(EdgeStage stage)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Request_OverHttp2_AppSeesItAsEver(bool tls)
    {
        var path = $"/h2-request?tls={tls}";
        stage.Origin.Map("/h2-request", "hello");

        using var response = await stage.Visitor(tls).GetAsync(stage.Url(tls, path), Bounded.Token());

        Assert.Equal(HttpVersion.Version20, response.Version);
        await Expect.TextAsync(response, "hello");
        var request = Assert.Single(stage.Origin.Requests, request => request.Target == path);
        Assert.Equal(
            (stage.Origin.Authority, stage.Host(tls), tls ? "https" : "http"),
            (request["Host"], request["X-Forwarded-Host"], request["X-Forwarded-Proto"]));
    }

    [Fact]
    public async Task Alpn_VisitorKnowsHttp11Only_IsServed()
    {
        using var visitor = stage.TlsVisitor(HttpVersion.Version11);

        using var response = await visitor.GetAsync(stage.Url(tls: true, "/h2-alpn"), Bounded.Token());

        Assert.Equal(HttpVersion.Version11, response.Version);
        await Expect.TextAsync(response, "origin");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Content_BothWaysAtOnce_ArrivesWhole(bool tls)
    {
        stage.Origin.Map("/h2-echo", static context => context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted));
        var content = RandomNumberGenerator.GetBytes(8 * 1024 * 1024);

        using var response = await stage.Visitor(tls).PostAsync(stage.Url(tls, "/h2-echo"), new ByteArrayContent(content), Bounded.Token());

        Assert.Equal(SHA256.HashData(content), SHA256.HashData(await response.Content.ReadAsByteArrayAsync(Bounded.Token())));
    }

    [Fact]
    public async Task Download_ThatTheVisitorDoesntTake_HoldsUpNoOther()
    {
        var aborted = new Gate();
        stage.Origin.Map("/h2-untaken", async context =>
        {
            await using var registration = context.RequestAborted.Register(aborted.Open);
            var piece = new byte[64 * 1024];
            while (!aborted.IsOpen)
            {
                await context.Response.Body.WriteAsync(piece, CancellationToken.None);
            }
        });
        await using var visitor = await stage.ConnectAsync();
        await visitor.GiveCreditAsync(0, 1 << 24);
        await visitor.SendHeadersAsync(1, endStream: true, Request("GET", "/h2-untaken"));
        for (var taken = 0; taken < 65_535;)
        {
            var frame = await visitor.ReadAsync(1);
            taken += frame.Type == RawHttp2Visitor.Data ? frame.Payload.Length : 0;
        }

        await IsServedAsync(visitor, 3);
        await visitor.ResetAsync(1);
        await aborted.PassAsync("the abort");
    }

    [Fact]
    public async Task Uploads_ThatTheAppDoesntTake_HoldUpNoOther()
    {
        // As many as the documentation says.
        const int Stuck = 7;
        var (taken, all) = (new Gate(), new Gate());
        var arrived = 0;
        stage.Origin.Map("/h2-stuck", async context =>
        {
            if (Interlocked.Increment(ref arrived) == Stuck)
            {
                all.Open();
            }

            await taken.PassAsync("the other upload");
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        });
        stage.Origin.Map("/h2-not-stuck", static async context =>
        {
            // Not an echo: the visitor takes no answer before it has sent all.
            var read = new MemoryStream();
            await context.Request.Body.CopyToAsync(read, context.RequestAborted);
            await context.Response.WriteAsync($"{read.Length}", context.RequestAborted);
        });
        var visitor = stage.Visitor(tls: true);
        var content = new byte[12 * 1024 * 1024];

        var stuck = Enumerable.Range(0, Stuck).Select(_ => visitor.PostAsync(stage.Url(tls: true, "/h2-stuck"), new ByteArrayContent(content), Bounded.Token())).ToList();
        await all.PassAsync("the uploads");
        using var response = await visitor.PostAsync(stage.Url(tls: true, "/h2-not-stuck"), new ByteArrayContent(content), Bounded.Token());
        Assert.Equal($"{content.Length}", await response.Content.ReadAsStringAsync(Bounded.Token()));
        taken.Open();

        foreach (var other in await Task.WhenAll(stuck))
        {
            Assert.Equal(HttpStatusCode.OK, other.StatusCode);
            other.Dispose();
        }
    }

    [Fact]
    public async Task Values_BytesBeyondAscii_CrossUnchangedBothWays()
    {
        stage.Origin.Map("/h2-bytes", static context =>
        {
            context.Response.Headers["x-bytes"] = context.Request.Headers["x-bytes"];
            return Task.CompletedTask;
        });
        await using var visitor = await stage.ConnectAsync();

        await visitor.SendHeadersAsync(1, endStream: true, [.. Request("GET", "/h2-bytes"), ("x-bytes", "\u00e9\u00ff")]);

        Assert.Contains("\u00e9\u00ff", Encoding.Latin1.GetString((await visitor.ReadAsync(1)).Payload), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cookies_OnLinesOfTheirOwn_AreOneLineToTheApp()
    {
        await using var visitor = await stage.ConnectAsync();

        await visitor.SendHeadersAsync(1, endStream: true, [.. Request("GET", "/h2-cookies"), ("cookie", "a=1"), ("cookie", "b=2")]);
        await ReadToEndAsync(visitor, 1);

        Assert.Equal("a=1; b=2", Assert.Single(stage.Origin.Requests, static request => request.Target == "/h2-cookies")["Cookie"]);
    }

    [Fact]
    public async Task Trailers_OfTheVisitor_ReachTheApp()
    {
        var seen = new TaskCompletionSource<string>();
        stage.Origin.Map("/h2-trailers-up", async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            seen.SetResult($"{await reader.ReadToEndAsync(context.RequestAborted)} {context.Request.GetTrailer("x-sum")}");
        });
        await using var visitor = await stage.ConnectAsync();

        await visitor.SendHeadersAsync(1, endStream: false, Request("POST", "/h2-trailers-up"));
        await visitor.SendDataAsync(1, "hello", endStream: false);
        await visitor.SendHeadersAsync(1, endStream: true, ("x-sum", "42"));

        Assert.Equal("hello 42", await seen.Task.WithinAsync("the trailers"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Trailers_OfTheApp_ReachTheVisitor(bool tls)
    {
        // .NET's own server sends no trailers in HTTP/1.1.
        await using var origin = RawOrigin.Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 42\r\n\r\n");
        await using var client = await IskandarClient.StartAsync(stage.Server, origin.Port);
        var url = new UriBuilder(stage.Url(tls, "/")) { Host = client.Url.Host }.Uri;

        using var response = await stage.Visitor(tls).GetAsync(url, Bounded.Token());

        await Expect.TextAsync(response, "hello");
        Assert.Equal("42", Assert.Single(response.TrailingHeaders.GetValues("x-sum")));
    }

    [Fact]
    public async Task Visitor_ResetsBeforeTheHead_OriginsRequestIsAborted()
    {
        var (arrived, aborted) = (new Gate(), new Gate());
        stage.Origin.Map("/h2-left", async context =>
        {
            await using var registration = context.RequestAborted.Register(aborted.Open);
            arrived.Open();
            await aborted.PassAsync("the abort");
        });
        await using var visitor = await stage.ConnectAsync();
        await visitor.SendHeadersAsync(1, endStream: true, Request("GET", "/h2-left"));
        await arrived.PassAsync("the request");

        await visitor.ResetAsync(1);

        await aborted.PassAsync("the abort", 2);
        await IsServedAsync(visitor, 3);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Visitor_LeavesAmidALargeDownload_OriginsRequestIsAborted(bool tls)
    {
        var aborted = new Gate();
        stage.Origin.Map($"/h2-left-download-{tls}", async context =>
        {
            await using var registration = context.RequestAborted.Register(aborted.Open);
            var piece = new byte[64 * 1024];
            while (!aborted.IsOpen)
            {
                await context.Response.Body.WriteAsync(piece, CancellationToken.None);
            }
        });

        using (var response = await stage.Visitor(tls).GetAsync(
            stage.Url(tls, $"/h2-left-download-{tls}"), HttpCompletionOption.ResponseHeadersRead, Bounded.Token()))
        {
            await using var content = await response.Content.ReadAsStreamAsync(Bounded.Token());
            await content.ReadExactlyAsync(new byte[1_000_000], Bounded.Token());
        }

        await aborted.PassAsync("the abort", 2);
        using var other = await stage.Visitor(tls).GetAsync(stage.Url(tls, "/h2-others"), Bounded.Token());
        await Expect.TextAsync(other, "origin");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task App_DiesAmidTheContent_StreamIsResetAndNeverEnded(bool declaresLength)
    {
        var seen = new Gate();
        stage.Origin.Map($"/h2-dies-{declaresLength}", async context =>
        {
            context.Response.ContentLength = declaresLength ? 1000 : null;
            await context.Response.WriteAsync("begun", CancellationToken.None);
            await context.Response.Body.FlushAsync(CancellationToken.None);
            await seen.PassAsync("the visitor's receipt");
            context.Abort();
        });
        await using var visitor = await stage.ConnectAsync();
        await visitor.SendHeadersAsync(1, endStream: true, Request("GET", $"/h2-dies-{declaresLength}"));
        Assert.Equal(RawHttp2Visitor.Headers, (await visitor.ReadAsync(1)).Type);
        Assert.Equal("begun", Encoding.ASCII.GetString((await visitor.ReadAsync(1)).Payload));
        seen.Open();

        // INTERNAL_ERROR (RFC 9113 section 7).
        var end = await visitor.ReadAsync(1);
        Assert.Equal((RawHttp2Visitor.Reset, "00000002"), (end.Type, Convert.ToHexString(end.Payload)));
        await IsServedAsync(visitor, 3);
    }

    [Fact]
    public async Task App_AnswersAnUploadEarly_VisitorHasTheAnswer()
    {
        stage.Origin.Map("/h2-early", static context =>
        {
            context.Response.StatusCode = 403;
            return context.Response.WriteAsync("no", context.RequestAborted);
        });
        await using var visitor = await stage.ConnectAsync();
        await visitor.SendHeadersAsync(1, endStream: false, Request("POST", "/h2-early"));
        await visitor.SendDataAsync(1, "begun", endStream: false);

        var head = await visitor.ReadAsync(1);
        Assert.Contains("403", Encoding.Latin1.GetString(head.Payload), StringComparison.Ordinal);
        Assert.Equal("no", await ReadToEndAsync(visitor, 1));
        await IsServedAsync(visitor, 3);
    }

    [Fact]
    public async Task Fields_OverTheLimit_AreRefusedWithAnErrorPage()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, stage.Url(tls: true, "/h2-fields")) { Version = HttpVersion.Version20 };
        for (var number = 0; number < 4; number++)
        {
            request.Headers.TryAddWithoutValidation($"x-{number}", new string('a', 20_000));
        }

        using var response = await stage.Visitor(tls: true).SendAsync(request, Bounded.Token());

        Expect.Error(response, 431, "request_head_too_large");
    }

    [Fact]
    public async Task Connect_Plain_IsRefused()
    {
        await using var visitor = await stage.ConnectAsync();

        await visitor.SendHeadersAsync(1, endStream: false, (":method", "CONNECT"), (":authority", stage.Host(tls: false)));

        Assert.Contains("405", Encoding.Latin1.GetString((await visitor.ReadAsync(1)).Payload), StringComparison.Ordinal);
        await IsServedAsync(visitor, 3);
    }

    [Fact]
    public async Task PriorKnowledge_AtThePortOfHttp11_IsNoRequest()
    {
        await using var raw = await stage.Server.ConnectAsync();

        await raw.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

        Assert.True(await raw.IsEndedAsync() || (await raw.ReadSomeAsync()).Span.IndexOf("HTTP/1.1 2"u8) < 0);
    }

    private (string Name, string Value)[] Request(string method, string path) =>
        [(":method", method), (":path", path), (":scheme", "http"), (":authority", stage.Host(tls: false))];

    private static async Task<string> ReadToEndAsync(RawHttp2Visitor visitor, int stream)
    {
        var content = new StringBuilder();
        while (true)
        {
            var (type, isEnd, payload) = await visitor.ReadAsync(stream);
            Assert.NotEqual(RawHttp2Visitor.Reset, type);
            if (type == RawHttp2Visitor.Data)
            {
                content.Append(Encoding.Latin1.GetString(payload));
            }

            if (isEnd)
            {
                return content.ToString();
            }
        }
    }

    // The connection is still good for others.
    private async Task IsServedAsync(RawHttp2Visitor visitor, int stream)
    {
        await visitor.SendHeadersAsync(stream, endStream: true, Request("GET", "/h2-others"));
        Assert.Equal("origin", await ReadToEndAsync(visitor, stream));
    }
}
