using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>Processes that die or stop, and what the others make of it.</summary>
public class RestartTests
{
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
    public async Task Client_KilledAndLinksAreNotKept_NameIsGoneAndVisitorsInFlightAreTold()
    {
        await using var server = await IskandarServer.StartAsync("--link-timeout", "0s");
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
