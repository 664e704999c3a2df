using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Restarts;

/// <summary>A client that is asked to stop.</summary>
public sealed class ClientStopTests(SharedServer shared)
{
    private readonly IskandarServer _server = shared.Server;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stopped_RequestInFlight_FinishesAndNewVisitorsGet503(bool terminated)
    {
        await using var origin = await TestOrigin.StartAsync();
        await using var client = await IskandarClient.StartAsync(_server, origin.Port);
        using var visit = await WaitingVisit.StartAsync(_server.Visitor, client.Url, origin);

        Stop(client, terminated);
        await RefusesAsync(client);

        Assert.False(client.Process.HasExited);
        await visit.FinishAsync();
        Assert.Equal(0, await client.Process.ExitAsync());
        using var next = await _server.Visitor.GetAsync(client.Url, Bounded.Token());
        Expect.Error(next, 404, "tunnel_not_found");
    }

    [Fact]
    public async Task InterruptedTwice_RequestInFlight_EndsAtOnceWith130()
    {
        await using var origin = await TestOrigin.StartAsync();
        await using var client = await IskandarClient.StartAsync(_server, origin.Port);
        using var visit = await WaitingVisit.StartAsync(_server.Visitor, client.Url, origin);

        client.Process.Interrupt();
        await RefusesAsync(client);
        client.Process.Interrupt();

        Assert.Equal(130, await client.Process.ExitAsync().WithinAsync("the end of the client", 4));
    }

    private static void Stop(IskandarClient client, bool terminated)
    {
        if (terminated)
        {
            client.Process.Terminate();
        }
        else
        {
            client.Process.Interrupt();
        }
    }

    private Task RefusesAsync(IskandarClient client) => Eventually.TrueAsync(
        async () =>
        {
            using var response = await _server.Visitor.GetAsync(client.Url, Bounded.Token());
            return ((int)response.StatusCode, Expect.ErrorCode(response)) == (503, "tunnel_closing");
        },
        "a client that takes no more requests");
}
