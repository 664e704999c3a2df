using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Restarts;

/// <summary>Two servers behind nginx, configured as docs/reliability.md says: one after the other is restarted, and no visitor notices.</summary>
public sealed class RollingRestartTests
{
    private const int Events = 25;

    [Fact]
    public async Task BothServers_RestartedOneAfterTheOther_NoVisitorIsLostAndNothingIsDoneTwice()
    {
        NginxFront.Require();
        await using var servers = await TwoServers.StartAsync();
        servers.Origin.Map("/events", SendEventsAsync);
        var url = servers.Client.Url;
        await using var load = VisitorLoad.Start(servers.Nginx.Visitor, url, servers.Origin);

        foreach (var server in (IskandarServer[])[servers.First, servers.Second])
        {
            await load.ComeAsync(100);
            var events = await StartEventsAsync(servers);

            await servers.RestartAsync(server);

            Assert.Equal(string.Concat(Enumerable.Range(0, Events).Select(static number => $"data: {number}\n\n")), await events.WithinAsync("all events"));
        }

        await load.ComeAsync(100);
        var problems = await load.StopAsync();
        Assert.True(problems.Count == 0, $"{problems.Count} of {load.Sent} visitors:\n{string.Join('\n', problems.Take(20))}\n{servers.Nginx.Broken}");
        Assert.Equal(url, servers.Client.Url);
    }

    /// <summary>Opens a stream of events, and has its first.</summary>
    private static async Task<Task<string>> StartEventsAsync(TwoServers servers)
    {
        var response = await servers.Nginx.Visitor.GetAsync(new Uri(servers.Client.Url, "/events"), HttpCompletionOption.ResponseHeadersRead, Bounded.Token());
        return ReadAsync();

        async Task<string> ReadAsync()
        {
            using (response)
            {
                return await response.Content.ReadAsStringAsync(Bounded.Token());
            }
        }
    }

    // About three seconds of them: well within the time that a stopping server gives them.
    private static async Task SendEventsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        for (var number = 0; number < Events; number++)
        {
            await context.Response.WriteAsync($"data: {number}\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(TimeSpan.FromMilliseconds(120), context.RequestAborted);
        }
    }
}
