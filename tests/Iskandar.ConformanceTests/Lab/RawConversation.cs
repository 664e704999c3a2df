using Microsoft.AspNetCore.Http;

namespace Iskandar.ConformanceTests.Lab;

/// <summary>Bytes that may be no HTTP at all, sent to the app written with ASP.NET Core.</summary>
public static class RawConversation
{
    /// <summary>A wait for what may never come, though so far everybody has answered or closed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Sends all at once, and says what was answered and which requests the app got.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="bytes">What to send.</param>
    /// <param name="except">A request target that the app may have got or not, by chance.</param>
    /// <param name="token">Ends it.</param>
    public static async Task<string> TryAsync(Target target, string bytes, string? except, CancellationToken token)
    {
        target.Origin.Fallback = static async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            context.Response.ContentLength = 2;
            await context.Response.WriteAsync("ok", context.RequestAborted);
        };
        var before = target.Origin.Requests.Count;
        await using var visitor = await target.App.ConnectAsync();
        await visitor.SendAsync(bytes.Replace("{host}", target.App.Host, StringComparison.Ordinal));
        var answers = new List<string>();
        while (true)
        {
            var reading = Visit.ReadAsync(visitor);
            if (await Task.WhenAny(reading, Task.Delay(Patience, token)) != reading)
            {
                answers.Add("waits for more");
                break;
            }

            if ((await reading).Response is not { } response)
            {
                answers.Add("closed");
                break;
            }

            answers.Add(Say.Status(response.Head));
        }

        var seen = target.Origin.Requests.Skip(before).Select(request => $"`{target.App.Neutral(request.Target)}`").ToList();
        Assert.False(target.Hop == Hop.Iskandar && seen.Contains("`/hidden`"), "The app got a request that was another's content.");
        var others = seen.Where(request => request != $"`{except}`").ToList();
        return $"{string.Join(", ", answers)}; the app sees {(others.Count == 0 ? "nothing" : string.Join(", ", others))}{(except is null ? "" : " else")}";
    }
}
