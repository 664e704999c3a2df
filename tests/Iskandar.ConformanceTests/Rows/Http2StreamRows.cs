using System.Diagnostics;
using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;
using Microsoft.AspNetCore.Http;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>Streams of one connection: that they end as they should, and that none holds up another.</summary>
public sealed class Http2StreamRows(Laboratory laboratory) : Section<Http2StreamRows>(laboratory), IRows
{
    private const int Events = 21;

    public static string Title => "Visitors over HTTP/2: streams (.NET's client)";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        new("The visitor cancels before the head: the app notices", LeftPollAsync),
        new("The visitor cancels amid the content: the app notices", LeftAsync),
        new("The visitor cancels amid an upload: the app notices", LeftUploadAsync),
        new("The app dies before the head", static async (target, token) =>
        {
            target.Http2.App.Map("/dies", static context =>
            {
                context.Abort();
                return Task.CompletedTask;
            });
            try
            {
                using var response = await target.Http2.SendAsync(HttpMethod.Get, "/dies");
                return await response.SayAsync();
            }
            catch (HttpRequestException fault) when (fault.InnerException is HttpProtocolException reset)
            {
                return $"the stream is reset with error {reset.ErrorCode}";
            }
        },
        differs: "502 `origin_failed`",
        because: "There is somebody left to say so."),
        new("The app dies amid content of a length that isn't said", static (target, _) => DiesAsync(target, length: null)),
        new("The app dies amid content of a length that is said", static (target, _) => DiesAsync(target, length: 1000)),
        new("A stream that waits holds up no other", static (target, _) => HeldAsync(target, static async (response, free) =>
        {
            await response.SendAsync("begun");
            await free.PassAsync("the other stream");
        })),
        new("A download that the visitor doesn't take holds up no other", static (target, _) => HeldAsync(target, static (response, _) => response.SendAsync(new string('d', 4 << 20)))),
        new("Each server-sent event is at the visitor within 50 ms of the app's write (the median of 21)", EventsAsync),
    ];

    private static async Task<string> LeftPollAsync(Target target, CancellationToken token)
    {
        var (arrived, noticed) = (new Gate(), new Gate());
        target.Http2.App.Map("/left", async context =>
        {
            await using var leaving = context.RequestAborted.Register(noticed.Open);
            arrived.Open();
            await noticed.PassAsync("the visitor's leaving at the app");
        });
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(token);
        var asking = target.Http2.SendAsync(HttpMethod.Get, "/left", token: leave.Token);
        await arrived.PassAsync("the request at the app");
        await leave.CancelAsync();
        await noticed.PassAsync("the visitor's leaving at the app");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        return "its request is aborted";
    }

    private static async Task<string> LeftAsync(Target target, CancellationToken token)
    {
        var noticed = new Gate();
        target.Http2.App.Map("/left", async context =>
        {
            await using var leaving = context.RequestAborted.Register(noticed.Open);
            await context.Response.SendAsync("begun");
            await noticed.PassAsync("the visitor's leaving at the app");
        });
        using (var response = await target.Http2.SendAsync(HttpMethod.Get, "/left"))
        {
            await Expect.NextTextAsync(await response.Content.ReadAsStreamAsync(token), "begun");
        }

        await noticed.PassAsync("the visitor's leaving at the app");
        return "its request is aborted";
    }

    private static async Task<string> LeftUploadAsync(Target target, CancellationToken token)
    {
        var (begun, noticed) = (new Gate(), new Gate());
        target.Http2.App.Map("/left", async context =>
        {
            await using var leaving = context.RequestAborted.Register(noticed.Open);
            await context.Request.Body.ReadExactlyAsync(new byte[5], context.RequestAborted);
            begun.Open();
            await noticed.PassAsync("the visitor's leaving at the app");
        });
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(token);
        var content = new WrittenContent(async stream =>
        {
            await stream.WriteAsync("begun"u8.ToArray(), leave.Token);
            await stream.FlushAsync(leave.Token);
            await noticed.PassAsync("the visitor's leaving at the app").WaitAsync(leave.Token);
        });
        var asking = target.Http2.SendAsync(HttpMethod.Post, "/left", content, token: leave.Token);
        await begun.PassAsync("the upload at the app");
        await leave.CancelAsync();
        await noticed.PassAsync("the visitor's leaving at the app");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        return "its request is aborted";
    }

    private static async Task<string> DiesAsync(Target target, long? length)
    {
        var seen = new Gate();
        target.Http2.App.Map("/dies", async context =>
        {
            context.Response.ContentLength = length;
            await context.Response.SendAsync("begun");
            await seen.PassAsync("the content at the visitor");
            context.Abort();
        });
        using var response = await target.Http2.SendAsync(HttpMethod.Get, "/dies");
        await Expect.NextTextAsync(await response.Content.ReadAsStreamAsync(Bounded.Token()), "begun");
        seen.Open();
        return $"{(int)response.StatusCode}, `begun`, then the stream {await response.SayEndAsync()}";
    }

    private static async Task<string> HeldAsync(Target target, Func<HttpResponse, Gate, Task> hold)
    {
        var free = new Gate();
        target.Http2.App.Map("/held", context => hold(context.Response, free));
        target.Http2.App.Map("/other", "other");
        using var held = await target.Http2.SendAsync(HttpMethod.Get, "/held");
        using var other = await target.Http2.SendAsync(HttpMethod.Get, "/other");
        var said = await other.SayAsync();
        free.Open();
        return $"{said}; the first {await held.SayEndAsync()}";
    }

    private static async Task<string> EventsAsync(Target target, CancellationToken token)
    {
        using var taken = new SemaphoreSlim(0);
        var written = 0L;
        target.Http2.App.Map("/events", async context =>
        {
            context.Response.ContentType = "text/event-stream";
            for (var number = 0; number < Events; number++)
            {
                await taken.WaitAsync(Bounded.Token());
                Interlocked.Exchange(ref written, Stopwatch.GetTimestamp());
                await context.Response.SendAsync($"data: {number:d2}\n\n");
            }
        });
        taken.Release();
        using var response = await target.Http2.SendAsync(HttpMethod.Get, "/events");
        await using var content = await response.Content.ReadAsStreamAsync(token);
        var times = new List<TimeSpan>();
        for (var number = 0; number < Events; number++)
        {
            await Expect.NextTextAsync(content, $"data: {number:d2}\n\n");
            times.Add(Stopwatch.GetElapsedTime(Interlocked.Read(ref written)));
            taken.Release();
        }

        times.Sort();
        var isPrompt = times[Events / 2] <= TimeSpan.FromMilliseconds(50);
        return $"{(int)response.StatusCode}, {response.Content.Headers.ContentType}, {(isPrompt ? "within 50 ms" : "later")}, {await response.SayEndAsync()}";
    }
}
