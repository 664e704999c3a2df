using System.Net.WebSockets;
using System.Text;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Binary.Cli;

/// <summary>PING, GOAWAY, and the end of the connection, with the real client.</summary>
public class CliClosingTests
{
    [Fact]
    public async Task Ping_IsAnsweredWithItsBytes()
    {
        await using var server = await BinaryServer.StartAsync();
        await using var client = await IskandarClient.StartAsync(server.Url, "127.0.0.1:9");
        var tunnel = await server.AcceptAsync();

        // Each answer is compared with its question where it is read.
        for (var number = 0; number < 10; number++)
        {
            await tunnel.PingAsync();
        }
    }

    [Fact]
    public async Task Client_InterruptedIdle_SaysGoAwayAndClosesWith1000()
    {
        await using var server = await BinaryServer.StartAsync();
        await using var client = await IskandarClient.StartAsync(server.Url, "127.0.0.1:9");
        var tunnel = await server.AcceptAsync();

        client.Process.Interrupt();

        Assert.Equal((ErrorCode.TunnelClosing, 0u), await GoAwayAsync(tunnel));
        await IsClosedAsync(tunnel, client);
    }

    [Fact]
    public async Task Client_InterruptedWithExchangesInFlight_FinishesThemAndTakesNoMore()
    {
        await using var origin = await TestOrigin.StartAsync();
        await using var server = await BinaryServer.StartAsync();
        await using var client = await IskandarClient.StartAsync(server.Url, origin.Authority);
        var tunnel = await server.AcceptAsync();
        var arrived = new Gate();
        var go = new Gate();
        origin.Map("/waiting", async context =>
        {
            arrived.Open();
            await go.PassAsync("the gate");
            await context.Response.Body.WriteAsync(new byte[1_000_000], context.RequestAborted);
        });
        origin.Map("/upload", static context => context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted));
        var waiting = await OpenAsync(tunnel, "GET", "/waiting");
        var upload = await OpenAsync(tunnel, "POST", "/upload");
        await upload.SendDataAsync(Encoding.ASCII.GetBytes("hello"));
        await arrived.PassAsync("the request");
        Assert.Equal(200, (await upload.ReadHeadAsync()).Status);

        client.Process.Interrupt();
        Assert.Equal((ErrorCode.TunnelClosing, upload.Id), await GoAwayAsync(tunnel));
        // A REQUEST that was on its way when the client said that it takes no more.
        var late = await OpenAsync(tunnel, "GET", "/late");
        Assert.Equal(ErrorCode.TunnelClosing, await late.Reset.WithinAsync("RESET"));
        Assert.False(client.Process.HasExited);
        await upload.SendDataAsync(Encoding.ASCII.GetBytes(" world"), end: true);
        Assert.Equal("hello world", Encoding.ASCII.GetString(await upload.ReadToEndAsync()));
        go.Open();

        var response = await waiting.ReadResponseAsync();
        Assert.Equal((200, 1_000_000), (response.Status, response.Body.Length));
        Assert.DoesNotContain(origin.Requests, static request => request.Target == "/late");
        await IsClosedAsync(tunnel, client);
    }

    [Fact]
    public async Task Server_SaysGoAway_WhatIsInFlightFinishesAndTheClientComesBack()
    {
        await using var origin = await TestOrigin.StartAsync();
        await using var server = await BinaryServer.StartAsync();
        await using var client = await IskandarClient.StartAsync(server.Url, origin.Authority);
        var tunnel = await server.AcceptAsync();
        var arrived = new Gate();
        var go = new Gate();
        origin.Map("/waiting", async context =>
        {
            arrived.Open();
            await go.PassAsync("the gate");
            await context.Response.WriteAsync("waited", context.RequestAborted);
        });
        var waiting = await OpenAsync(tunnel, "GET", "/waiting");
        await arrived.PassAsync("the request");

        await tunnel.SendAsync(Frame.GoAway(waiting.Id, ErrorCode.Stopping, "stopping"));
        await tunnel.PingAsync();
        go.Open();

        Assert.Equal("waited", (await waiting.ReadResponseAsync()).Text);
        await tunnel.CloseAsync(WebSocketCloseStatus.EndpointUnavailable);
        var again = await server.AcceptAsync();
        Assert.Equal("origin", (await again.ExchangeAsync("GET", "/", ("host", "abc.example.com"))).Text);
    }

    [Fact]
    public async Task ConnectionEnds_OriginsRequestsAreAborted()
    {
        await using var origin = await TestOrigin.StartAsync();
        await using var server = await BinaryServer.StartAsync();
        await using var client = await IskandarClient.StartAsync(server.Url, origin.Authority);
        var tunnel = await server.AcceptAsync();
        var arrived = new Gate();
        var aborted = new Gate();
        origin.Map("/waiting", async context =>
        {
            await using var registration = context.RequestAborted.Register(aborted.Open);
            arrived.Open();
            await aborted.PassAsync("the abort");
        });
        await OpenAsync(tunnel, "GET", "/waiting");
        await arrived.PassAsync("the request");

        await tunnel.CloseAsync(WebSocketCloseStatus.EndpointUnavailable);

        await aborted.PassAsync("the abort", 2);
        await server.AcceptAsync();
    }

    private static async Task<(ErrorCode Code, uint LastStream)> GoAwayAsync(BinaryConnection tunnel)
    {
        var goAway = await tunnel.GoAwayAsync();
        return (goAway.Code, goAway.LastStream);
    }

    private static async Task IsClosedAsync(BinaryConnection tunnel, IskandarClient client)
    {
        await tunnel.Ended.WithinAsync("the client's close frame");
        Assert.Equal(WebSocketCloseStatus.NormalClosure, tunnel.CloseStatus);
        Assert.Equal(0, await client.Process.ExitAsync());
    }

    private static Task<BinaryStream> OpenAsync(BinaryConnection tunnel, string method, string path) =>
        tunnel.OpenAsync(method, path, end: method == "GET", fields: ("host", "abc.example.com"));
}
