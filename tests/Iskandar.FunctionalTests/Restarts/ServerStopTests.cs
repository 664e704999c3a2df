using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Restarts;

/// <summary>A server that is asked to stop: what is in flight finishes, new visitors are told, and nothing holds it up that has no use.</summary>
public sealed class ServerStopTests : IAsyncLifetime
{
    private IskandarServer _server = null!;
    private TestOrigin _origin = null!;
    private IskandarClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await IskandarServer.StartAsync("--drain-timeout", "10s");
        _origin = await TestOrigin.StartAsync();
        _client = await IskandarClient.StartAsync(_server, _origin.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
        await _origin.DisposeAsync();
    }

    [Fact]
    public async Task Terminated_RequestInFlight_FinishesAndNewVisitorsAreTold()
    {
        using var visit = await WaitingVisit.StartAsync(_server.Visitor, _client.Url, _origin);

        _server.Process.Terminate();

        // The client is asked to leave first: until it says that it has nowhere to go, it takes visitors as before.
        await Eventually.TrueAsync(async () => await ErrorAsync(_client.Url) is "server_stopping" or "tunnel_closing", "new visitors are refused");
        using (var health = await _server.Visitor.GetAsync(new Uri(_server.Url, "/health"), Bounded.Token()))
        {
            Assert.Equal(503, (int)health.StatusCode);
        }

        Assert.False(_server.Process.HasExited);
        await visit.FinishAsync();
        Assert.Equal(0, await _server.Process.ExitAsync());
    }

    [Fact]
    public async Task Terminated_IdleTunnel_EndsAtOnce()
    {
        _server.Process.Terminate();

        // Less than the 5 s that a client may take to leave.
        Assert.Equal(0, await _server.Process.ExitAsync().WithinAsync("the end of a server that has nothing to do", 4));
    }

    [Fact]
    public async Task Terminated_LinkDetachedAndIdle_EndsAtOnce()
    {
        await _client.Process.KillAsync();

        _server.Process.Terminate();

        Assert.Equal(0, await _server.Process.ExitAsync().WithinAsync("the end of a server whose only client is lost", 4));
    }

    [Fact]
    public async Task Terminated_VisitorWaitsInADetachedLink_IsToldWhenTheTimeIsUp()
    {
        await using var server = await IskandarServer.StartAsync("--drain-timeout", "1s");
        await using var client = await IskandarClient.StartAsync(server, _origin.Port);
        await client.Process.KillAsync();
        await using var raw = await server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Url.Authority);
        await WaitsAsync(server, client);

        server.Process.Terminate();

        Expect.Error((await raw.ReadResponseAsync()).Head, 503, "tunnel_offline");
        Assert.Equal(0, await server.Process.ExitAsync().WithinAsync("the end of the server", 4));
        Assert.Empty(_origin.Requests);
    }

    [Fact]
    public async Task TerminatedTwice_RequestInFlight_FinishesAllTheSame()
    {
        using var visit = await WaitingVisit.StartAsync(_server.Visitor, _client.Url, _origin);

        _server.Process.Terminate();
        await Eventually.TrueAsync(async () => await ErrorAsync(_client.Url) is "server_stopping" or "tunnel_closing", "new visitors are refused");
        _server.Process.Terminate();

        await visit.FinishAsync();
        Assert.Equal(0, await _server.Process.ExitAsync());
    }

    [Fact]
    public async Task InterruptedTwice_RequestInFlight_EndsAtOnceWith130()
    {
        using var visit = await WaitingVisit.StartAsync(_server.Visitor, _client.Url, _origin);

        _server.Process.Interrupt();
        await Eventually.TrueAsync(async () => await ErrorAsync(_client.Url) is "server_stopping" or "tunnel_closing", "new visitors are refused");
        _server.Process.Interrupt();

        Assert.Equal(130, await _server.Process.ExitAsync().WithinAsync("the end of the server", 4));
    }

    // A visitor of the server's own host is answered after one who came before has been taken.
    private static async Task WaitsAsync(IskandarServer server, IskandarClient client)
    {
        using var health = await server.Visitor.GetAsync(new Uri(server.Url, "/health"), Bounded.Token());
        Assert.Equal(200, (int)health.StatusCode);
        Assert.True(client.Process.HasExited);
    }

    private async Task<string?> ErrorAsync(Uri url)
    {
        using var response = await _server.Visitor.GetAsync(url, Bounded.Token());
        return Expect.ErrorCode(response);
    }
}
