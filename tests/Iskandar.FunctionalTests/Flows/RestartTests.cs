using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>Processes that die or stop, and what the others make of it.</summary>
public class RestartTests
{
    [Fact]
    public async Task Server_KilledAndStartedAgain_ClientComesBackAndServes()
    {
        await using var server = await IskandarServer.StartAsync();
        await using var origin = await TestOrigin.StartAsync();
        await using var client = await IskandarClient.StartAsync(server, origin.Port);
        await ServesAsync(server, client);
        var lines = client.Process.Output.Lines.Count;

        await server.KillAsync();
        await server.StartAgainAsync();
        await client.OnlineAgainAsync(lines);

        await ServesAsync(server, client);
    }

    [Fact]
    public async Task Client_StartedBeforeTheServer_ConnectsWhenItCan()
    {
        await using var server = await IskandarServer.StartAsync();
        await using var origin = await TestOrigin.StartAsync();
        await server.KillAsync();

        var starting = IskandarClient.StartAsync(server, origin.Port);
        await server.StartAgainAsync();
        await using var client = await starting;

        await ServesAsync(server, client);
    }

    [Fact]
    public async Task Client_Killed_NameIsGoneAndVisitorsInFlightAreTold()
    {
        await using var server = await IskandarServer.StartAsync();
        await using var origin = await TestOrigin.StartAsync();
        await using var client = await IskandarClient.StartAsync(server, origin.Port);
        var (arrived, go) = MapWaiting(origin);
        var visit = server.Visitor.GetAsync(new Uri(client.Url, "/waiting"), Bounded.Token());
        await arrived.PassAsync("the request");

        await client.Process.KillAsync();

        using (var response = await visit.WithinAsync("the answer of a visitor in flight", 5))
        {
            Expect.Error(response, 502, "tunnel_lost");
        }

        using var next = await server.Visitor.GetAsync(client.Url, Bounded.Token());
        Expect.Error(next, 404, "tunnel_not_found");
        go.Open();
    }

    [Fact]
    public async Task Client_Interrupted_FinishesWhatIsInFlight()
    {
        await using var server = await IskandarServer.StartAsync();
        await using var origin = await TestOrigin.StartAsync();
        await using var client = await IskandarClient.StartAsync(server, origin.Port);
        var (arrived, go) = MapWaiting(origin);
        var visit = server.Visitor.GetAsync(new Uri(client.Url, "/waiting"), Bounded.Token());
        await arrived.PassAsync("the request");

        client.Process.Interrupt();
        await Eventually.TrueAsync(
            async () =>
            {
                using var response = await server.Visitor.GetAsync(client.Url, Bounded.Token());
                return Expect.ErrorCode(response) is "tunnel_closing" or "tunnel_not_found";
            },
            "a client that takes no more requests");
        Assert.False(visit.IsCompleted);
        Assert.False(client.Process.HasExited);
        go.Open();

        using (var response = await visit)
        {
            await Expect.TextAsync(response, "waited");
        }

        Assert.Equal(0, await client.Process.ExitAsync());
    }

    [Fact]
    public async Task Client_InterruptedIdle_EndsAtOnceAndFreesItsName()
    {
        await using var server = await IskandarServer.StartAsync();
        await using var origin = await TestOrigin.StartAsync();
        await using var client = await IskandarClient.StartAsync(server, origin.Port);

        client.Process.Interrupt();

        Assert.Equal(0, await client.Process.ExitAsync());
        using var response = await server.Visitor.GetAsync(client.Url, Bounded.Token());
        Expect.Error(response, 404, "tunnel_not_found");
    }

    [Fact]
    public async Task Server_Terminated_FinishesWhatIsInFlight()
    {
        await using var server = await IskandarServer.StartAsync();
        await using var origin = await TestOrigin.StartAsync();
        await using var client = await IskandarClient.StartAsync(server, origin.Port);
        var (arrived, go) = MapWaiting(origin);
        await using var raw = await server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/waiting", client.Url.Authority);
        await arrived.PassAsync("the request");

        server.Process.Terminate();
        await Eventually.TrueAsync(() => RefusesAsync(server, client), "a server that takes no more requests");
        Assert.False(server.Process.HasExited);
        go.Open();

        Assert.Equal("waited", System.Text.Encoding.ASCII.GetString((await raw.ReadResponseAsync()).Body));
        Assert.Equal(0, await server.Process.ExitAsync());
    }

    private static async Task<bool> RefusesAsync(IskandarServer server, IskandarClient client)
    {
        try
        {
            using var response = await server.Visitor.GetAsync(client.Url, Bounded.Token());
            return Expect.ErrorCode(response) == "server_stopping";
        }
        catch (HttpRequestException)
        {
            return true;
        }
    }

    /// <summary>An endpoint that says when a request has arrived, and answers when it may.</summary>
    private static (Gate Arrived, Gate Go) MapWaiting(TestOrigin origin)
    {
        var arrived = new Gate();
        var go = new Gate();
        origin.Map("/waiting", async context =>
        {
            arrived.Open();
            await go.PassAsync("the gate");
            await context.Response.WriteAsync("waited", context.RequestAborted);
        });
        return (arrived, go);
    }

    private static async Task ServesAsync(IskandarServer server, IskandarClient client)
    {
        using var response = await server.Visitor.GetAsync(client.Url, Bounded.Token());
        await Expect.TextAsync(response, "origin");
    }
}
