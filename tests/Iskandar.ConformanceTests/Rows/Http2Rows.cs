using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>Messages over HTTP/2, to an app that speaks it itself when nothing is between, and HTTP/1.1 otherwise. The visitor is .NET's client.</summary>
public sealed class Http2Rows(Laboratory laboratory) : Section<Http2Rows>(laboratory), IRows
{
    private const int Mebibyte = 1 << 20;

    public static string Title => "Visitors over HTTP/2 (in clear, with prior knowledge; .NET's client)";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Answer("GET", static context => Results.Text("text").ExecuteAsync(context)),
        Answer("HEAD", static context => Results.Text("text").ExecuteAsync(context), HttpMethod.Head),
        Answer("POST, sized", EchoAsync, HttpMethod.Post, static () => new ByteArrayContent("hello"u8.ToArray())),
        Answer("POST, of a length that isn't said", EchoAsync, HttpMethod.Post, static () => new WrittenContent(static stream => stream.WriteAsync("hello"u8.ToArray(), Bounded.Token()).AsTask())),
        Answer("POST, without content", EchoAsync, HttpMethod.Post),
        Answer("204", static context => Results.NoContent().ExecuteAsync(context)),
        Answer("304", static context => Results.StatusCode(304).ExecuteAsync(context)),
        Answer("404 of the app", static context => Results.Text("not here", statusCode: 404).ExecuteAsync(context)),
        Answer("A target of 8,000 characters, with escapes", Target, path: $"/{new string('t', 7983)}/%2F?q=%C3%A9&&"),
        Answer("Content of no length that is said before, in three pieces", static async context =>
        {
            foreach (var piece in (string[])["one ", "two ", "three"])
            {
                await context.Response.SendAsync(piece);
            }
        }),
        Fields("Set-Cookie, three of them", "Set-Cookie", static context => context.Response.Headers.SetCookie = new(["a=1; Path=/", "b=2", "a=3; HttpOnly"])),
        Fields("A response field with bytes beyond ASCII", "X-Bytes", static context => context.Response.Headers["X-Bytes"] = "caf\u00e9 \u00ff\u0080"),
        Fields("An empty response field", "X-Empty", static context => context.Response.Headers["X-Empty"] = ""),
        new("A request field with bytes beyond ASCII", static (target, _) => SeenAsync(target, static request => $"`{Texts.Visible(request.Headers["X-Bytes"]!)}`", ("X-Bytes", "caf\u00e9 \u00ff\u0080"))),
        new("200 fields, both ways", FieldsAsync),
        new(
            "`:authority` is the app's Host",
            static (target, _) => SeenAsync(target, static request => $"`{request.Host}`"),
            differs: "the app sees `{origin}`",
            because: "The app gets the name that it listens by, as over HTTP/1.1; the visitor's is in X-Forwarded-Host."),
        new(
            "Via",
            static (target, _) => SeenAsync(target, static request => request.Headers.Via is { Count: > 0 } via ? $"`{via}`" : "none of it"),
            differs: "the app sees `2 iskandar`",
            because: "RFC 9110 section 7.6.3: a gateway says that it was there, and what the visitor spoke."),
        new("Trailers of a response, two of them", TrailersAsync),
        new("Expect: 100-continue, the app takes the content", static (target, _) => ExpectAsync(target, isTaken: true)),
        new("Expect: 100-continue, the app refuses without it", static (target, _) => ExpectAsync(target, isTaken: false)),
        new("An upload is answered before it has ended", EarlyAsync),
        new("Request and response at the same time: each piece comes back before the next is sent", DuplexAsync),
        new("1 MiB up and down, sized", static (target, _) => EchoLargeAsync(target, static content => new ByteArrayContent(content))),
        new("1 MiB up and down, of a length that isn't said", static (target, _) => EchoLargeAsync(target, static content => new WrittenContent(stream => stream.WriteAsync(content, Bounded.Token()).AsTask()))),
    ];

    private static Row Answer(string behaviour, RequestDelegate app, HttpMethod? method = null, Func<HttpContent>? content = null, string path = "/message") => new(
        behaviour,
        async (target, _) =>
        {
            target.Http2.App.Map(path.Split('?')[0], app);
            using var response = await target.Http2.SendAsync(method ?? HttpMethod.Get, path, content?.Invoke());
            return await response.SayAsync();
        });

    private static Row Fields(string behaviour, string name, Action<HttpContext> set) => new(behaviour, async (target, _) =>
    {
        target.Http2.App.Map("/fields", context =>
        {
            set(context);
            return Task.CompletedTask;
        });
        using var response = await target.Http2.SendAsync(HttpMethod.Get, "/fields");
        var found = response.Headers.NonValidated.TryGetValues(name, out var values) ? values.Select(static value => value.Length == 0 ? "empty" : $"`{Texts.Visible(value)}`") : ["none"];
        return $"{(int)response.StatusCode}, {string.Join(", ", found)}";
    });

    private static async Task<string> SeenAsync(Target target, Func<HttpRequest, string> say, params (string Name, string Value)[] fields)
    {
        var seen = "nothing";
        target.Http2.App.Map("/seen", context =>
        {
            seen = say(context.Request);
            return Task.CompletedTask;
        });
        using var response = await target.Http2.SendAsync(HttpMethod.Get, "/seen", configure: request =>
        {
            foreach (var (name, value) in fields)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        });
        return $"the app sees {target.Http2.Clear.Neutral(seen)}";
    }

    private static async Task EchoAsync(HttpContext context)
    {
        var length = context.Request.ContentLength?.ToString(CultureInfo.InvariantCulture) ?? "none";
        await Results.Text($"length {length}, {await context.Request.ReadTextAsync()}").ExecuteAsync(context);
    }

    private static Task Target(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return Results.Text($"{target.Length}, {target[^20..]}").ExecuteAsync(context);
    }

    private static async Task<string> FieldsAsync(Target target, CancellationToken token)
    {
        var names = Enumerable.Range(0, 200).Select(static number => $"X-{number:d3}").ToList();
        var seen = 0;
        target.Http2.App.Map("/fields", context =>
        {
            seen = names.Count(name => context.Request.Headers[name] == "of " + name);
            names.ForEach(name => context.Response.Headers[name] = "to " + name);
            return Task.CompletedTask;
        });
        using var response = await target.Http2.SendAsync(HttpMethod.Get, "/fields", configure: request => names.ForEach(name => request.Headers.Add(name, "of " + name)));
        var got = names.Count(name => response.Headers.NonValidated.TryGetValues(name, out var values) && values.ToString() == "to " + name);
        return $"{(int)response.StatusCode}, the app sees {seen}, the visitor {got}";
    }

    private static async Task<string> TrailersAsync(Target target, CancellationToken token)
    {
        target.Http2.App.Map("/trailers", static context => context.Response.SendWithTrailersAsync("hi", ("X-Sum", "1"), ("X-Other", "two")));
        using var response = await target.Http2.SendAsync(HttpMethod.Get, "/trailers", configure: static request => request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers")));
        var said = await response.SayAsync();
        var trailers = response.TrailingHeaders.Select(static line => $"`{line.Key.ToLowerInvariant()}: {string.Join(", ", line.Value)}`").Order(StringComparer.Ordinal).ToList();
        return $"{said}, {(trailers.Count > 0 ? string.Join(", ", trailers) : "none")}";
    }

    private static async Task<string> ExpectAsync(Target target, bool isTaken)
    {
        var started = Stopwatch.GetTimestamp();
        var waited = (TimeSpan?)null;
        target.Http2.App.Map("/expect", context => isTaken ? EchoAsync(context) : Results.StatusCode(417).ExecuteAsync(context));
        var content = new WrittenContent(stream =>
        {
            waited = Stopwatch.GetElapsedTime(started);
            return stream.WriteAsync("hello"u8.ToArray(), Bounded.Token()).AsTask();
        });
        using var response = await target.Http2.SendAsync(HttpMethod.Post, "/expect", content, static request => request.Headers.ExpectContinue = true);
        return $"{await response.SayAsync()}; the visitor {(waited is null ? "wasn't asked" : waited < Http2Target.Patience / 2 ? "was asked" : "sends it unasked")}";
    }

    private static async Task<string> EarlyAsync(Target target, CancellationToken token)
    {
        var answered = new Gate();
        target.Http2.App.Map("/early", static async context =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[5], context.RequestAborted);
            await Results.Text("no", statusCode: 403).ExecuteAsync(context);
        });
        var content = new WrittenContent(async stream =>
        {
            await stream.WriteAsync("begun"u8.ToArray(), Bounded.Token());
            await stream.FlushAsync(Bounded.Token());
            await answered.PassAsync("the answer");
        });
        using var response = await target.Http2.SendAsync(HttpMethod.Post, "/early", content);
        var said = await response.SayAsync();
        answered.Open();
        return said;
    }

    private static async Task<string> DuplexAsync(Target target, CancellationToken token)
    {
        target.Http2.App.Map("/duplex", static async context =>
        {
            await context.Response.Body.FlushAsync(context.RequestAborted);
            var piece = new byte[100];
            while (await context.Request.Body.ReadAsync(piece, context.RequestAborted) is > 0 and var count)
            {
                await context.Response.Body.WriteAsync(piece.AsMemory(0, count), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        });
        using var back = new SemaphoreSlim(1);
        var content = new WrittenContent(async stream =>
        {
            for (var number = 0; number < 10; number++)
            {
                await back.WaitAsync(Bounded.Token());
                await stream.WriteAsync(new byte[] { (byte)('0' + number) }, Bounded.Token());
                await stream.FlushAsync(Bounded.Token());
            }
        });
        using var response = await target.Http2.SendAsync(HttpMethod.Post, "/duplex", content);
        await using var body = await response.Content.ReadAsStreamAsync(token);
        var piece = new byte[1];
        var echo = "";
        while (await body.ReadAsync(piece, Bounded.Token()) > 0)
        {
            echo += (char)piece[0];
            back.Release();
        }

        return $"`{echo}`";
    }

    private static async Task<string> EchoLargeAsync(Target target, Func<byte[], HttpContent> toContent)
    {
        target.Http2.App.Map("/large", static async context =>
        {
            // The client sends sized content to its end before it reads.
            using var all = new MemoryStream();
            await context.Request.Body.CopyToAsync(all, context.RequestAborted);
            context.Response.ContentLength = context.Request.ContentLength;
            await context.Response.Body.WriteAsync(all.ToArray(), context.RequestAborted);
        });
        var content = RandomNumberGenerator.GetBytes(Mebibyte);
        using var response = await target.Http2.SendAsync(HttpMethod.Post, "/large", toContent(content));
        var length = response.Content.Headers.ContentLength?.ToString(CultureInfo.InvariantCulture) ?? "none";
        var echo = await response.Content.ReadAsByteArrayAsync(Bounded.Token());
        return $"length {length}, {(content.AsSpan().SequenceEqual(echo) ? "the same bytes" : "other bytes")}";
    }
}
