using System.Net;
using System.Text;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Restarts;

/// <summary>A tunnel on the server that nginx asks last: what visitors and the app see is what they would see of the first.</summary>
public sealed class SecondServerTests(SecondServerTests.Stage stage) : IClassFixture<SecondServerTests.Stage>
{
    private readonly TwoServers _servers = stage.Servers;

    [Theory]
    [InlineData(404)]
    [InlineData(410)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task App_AnswersWithAStatusOfItsOwn_ItPassesAndIsAskedOnce(int status)
    {
        var path = $"/status/{status}";
        _servers.Origin.Map(path, context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync("the app's", context.RequestAborted);
        });

        using var response = await _servers.Nginx.Visitor.PostAsync(new Uri(_servers.Client.Url, path), new StringContent("x"), Bounded.Token());

        await Expect.TextAsync(response, "the app's", (HttpStatusCode)status);
        Assert.Single(_servers.Origin.Requests, request => request.Target == path);
    }

    [Fact]
    public async Task Request_WithContent_ArrivesAsItWas()
    {
        _servers.Origin.Map("/a%2Fb//c", async context =>
        {
            await context.Response.WriteAsync($"{context.Request.Method} ", context.RequestAborted);
            await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
        });
        await using var raw = await RawVisitor.ConnectAsync(_servers.Nginx.Port);

        await raw.SendAsync($"PUT /a%2Fb//c?d=%7E HTTP/1.1\r\nHost: {_servers.Client.Url.Authority}\r\nContent-Length: 7\r\n\r\ncontent");

        Assert.Equal("PUT content", Encoding.ASCII.GetString((await raw.ReadResponseAsync()).Body));
        var request = _servers.Origin.Requests.Single(static request => request.Method == "PUT");
        Assert.Equal(("/a%2Fb//c?d=%7E", "127.0.0.1"), (request.Target, request["X-Forwarded-For"]));
    }

    [Fact]
    public async Task Name_NobodyHas_VisitorIsToldSo()
    {
        using var response = await _servers.Nginx.Visitor.GetAsync(new Uri($"http://nobody.localhost:{_servers.Nginx.Port}/"), Bounded.Token());

        Expect.Error(response, 421, "tunnel_not_found");
    }

    [Fact]
    public async Task App_TriesToCommandTheProxy_InVain()
    {
        _servers.Origin.Map("/accel", context =>
        {
            context.Response.Headers["X-Accel-Redirect"] = "/elsewhere";
            return context.Response.WriteAsync("the app's", context.RequestAborted);
        });

        using var response = await _servers.Nginx.Visitor.GetAsync(new Uri(_servers.Client.Url, "/accel"), Bounded.Token());

        await Expect.TextAsync(response, "the app's");
        Assert.DoesNotContain(_servers.Origin.Requests, static request => request.Target == "/elsewhere");
    }

    /// <summary>The first server has been restarted, so the tunnel is on the second.</summary>
    public sealed class Stage : IAsyncLifetime
    {
        private TwoServers? _servers;

        public TwoServers Servers => _servers ?? Skip();

        public async ValueTask InitializeAsync()
        {
            if (NginxFront.IsInstalled)
            {
                _servers = await TwoServers.StartAsync();
                await _servers.RestartAsync(_servers.First);
            }
        }

        public ValueTask DisposeAsync() => _servers?.DisposeAsync() ?? default;

        private static TwoServers Skip()
        {
            NginxFront.Require();
            throw new InvalidOperationException("Not started.");
        }
    }
}
