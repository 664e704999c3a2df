using System.Net;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Restarts;

/// <summary>Two servers behind nginx, configured as docs/reliability.md says: one after the other is restarted, and no visitor notices.</summary>
public sealed class RollingRestartTests : IAsyncLifetime
{
    private const int Events = 25;

    private readonly StateFolder _state = new();
    private readonly List<IAsyncDisposable> _parts = [];
    private NginxFront _nginx = null!;
    private IskandarServer _first = null!;
    private IskandarServer _second = null!;
    private TestOrigin _origin = null!;
    private IskandarClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        NginxFront.Require();
        var port = NginxFront.NewPort();
        string[] options =
            ["--public-url", $"http://localhost:{port}", "--missing-tunnel-status", "421", "--trusted-proxies", "127.0.0.1", .. _state.ServerOptions];
        _first = Keep(await IskandarServer.StartAsync(options));
        _second = Keep(await IskandarServer.StartAsync(options));
        _nginx = Keep(await NginxFront.StartAsync(port, _first.Port, _second.Port));
        _origin = Keep(await TestOrigin.StartAsync());
        _client = Keep(await IskandarClient.StartAsync(new Uri($"http://localhost:{port}"), _origin.Authority));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in Enumerable.Reverse(_parts))
        {
            await part.DisposeAsync();
        }

        _state.Dispose();
    }

    [Fact]
    public async Task BothServers_RestartedOneAfterTheOther_NoVisitorIsLostAndNothingIsDoneTwice()
    {
        _origin.Map("/events", SendEventsAsync);
        await using var load = VisitorLoad.Start(_nginx.Visitor, _client.Url, _origin);
        var url = _client.Url;

        foreach (var server in (IskandarServer[])[_first, _second])
        {
            var before = load.Sent;
            await Eventually.TrueAsync(() => Task.FromResult(load.Sent >= before + 100), "visitors");
            var events = await StartEventsAsync();

            await RestartAsync(server);

            Assert.Equal(string.Concat(Enumerable.Range(0, Events).Select(static number => $"data: {number}\n\n")), await events.WithinAsync("all events"));
        }

        var after = load.Sent;
        await Eventually.TrueAsync(() => Task.FromResult(load.Sent >= after + 100), "visitors");
        var problems = await load.StopAsync();
        Assert.True(problems.Count == 0, $"{problems.Count} of {load.Sent}:\n{string.Join('\n', problems.Take(20))}\nnginx:\n{_nginx.Log}\nclient:\n{_client.Process.Errors.Text}");
        Assert.Equal(url, _client.Url);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(404)]
    [InlineData(410)]
    public async Task App_AnswersWithAStatusOfItsOwn_ItPassesAndIsAskedOnce(int status)
    {
        _origin.Map("/status", context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync("the app's", context.RequestAborted);
        });

        using var response = await _nginx.Visitor.PostAsync(new Uri(_client.Url, "/status"), new StringContent("x"), Bounded.Token());

        await Expect.TextAsync(response, "the app's", (HttpStatusCode)status);
        Assert.Single(_origin.Requests);
    }

    [Fact]
    public async Task Tunnel_OnTheSecondServer_RequestArrivesAsItWas()
    {
        await RestartAsync(_first);
        _origin.Map("/a%2Fb//c", async context =>
        {
            await context.Response.WriteAsync($"{context.Request.Method} ", context.RequestAborted);
            await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
        });
        await using var raw = await RawVisitor.ConnectAsync(_nginx.Port);

        await raw.SendAsync($"PUT /a%2Fb//c?d=%7E HTTP/1.1\r\nHost: {_client.Url.Authority}\r\nContent-Length: 7\r\n\r\ncontent");

        Assert.Equal("PUT content", System.Text.Encoding.ASCII.GetString((await raw.ReadResponseAsync()).Body));
        var request = _origin.Requests.Single(request => request.Method == "PUT");
        Assert.Equal(("/a%2Fb//c?d=%7E", "127.0.0.1"), (request.Target, request["X-Forwarded-For"]));
    }

    [Fact]
    public async Task Name_NobodyHas_VisitorIsToldByTheSecondServer()
    {
        using var response = await _nginx.Visitor.GetAsync(new Uri($"http://nobody.localhost:{_nginx.Port}/"), Bounded.Token());

        Expect.Error(response, 421, "tunnel_not_found");
    }

    private T Keep<T>(T part)
        where T : IAsyncDisposable
    {
        _parts.Add(part);
        return part;
    }

    private async Task RestartAsync(IskandarServer server)
    {
        var lines = _client.Process.Output.Lines.Count;
        server.Process.Terminate();
        Assert.Equal(0, await server.Process.ExitAsync());
        await server.StartAgainAsync();
        await _client.OnlineAgainAsync(lines);
    }

    /// <summary>Opens a stream of events, and has its first.</summary>
    private async Task<Task<string>> StartEventsAsync()
    {
        var response = await _nginx.Visitor.GetAsync(new Uri(_client.Url, "/events"), HttpCompletionOption.ResponseHeadersRead, Bounded.Token());
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
