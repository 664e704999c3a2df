using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>The real client before a server written from the document: handshake, registration, end.</summary>
public class CliRegistrationTests
{
    [Fact]
    public async Task Registration_SubdomainOnly_IsPutBeforeTheServersAuthority()
    {
        await using var server = await DocumentServer.StartAsync(new() { ["subdomain"] = "abc" });
        await using var client = await IskandarClient.StartAsync(server.Url, "127.0.0.1:9");

        Assert.Equal($"http://abc.localhost:{server.Url.Port}", FirstLine(client));
    }

    [Theory]
    [InlineData("http://abc.example.com")]
    [InlineData("https://abc.example.com:8443")]
    public async Task Registration_WholeUrlAsSubdomain_IsTheUrl(string url)
    {
        await using var server = await DocumentServer.StartAsync(new() { ["subdomain"] = url });
        await using var client = await IskandarClient.StartAsync(server.Url, "127.0.0.1:9");

        Assert.Equal(url, FirstLine(client));
    }

    [Fact]
    public async Task Registration_WithUrl_ShowsThatUrl()
    {
        await using var server = await DocumentServer.StartAsync(
            new() { ["welcome"] = new JsonObject { ["x"] = 1 }, ["url"] = "https://abc.example.com", ["subdomain"] = "abc" });
        await using var client = await IskandarClient.StartAsync(server.Url, "127.0.0.1:9");

        Assert.Equal("https://abc.example.com", FirstLine(client));
    }

    [Fact]
    public async Task Handshake_OptionalMessages_AreAccepted()
    {
        await using var server = await DocumentServer.StartAsync(new() { ["subdomain"] = "abc" });
        await using var client = await IskandarClient.StartAsync(server.Url, "127.0.0.1:9");
        var tunnel = await server.AcceptAsync();

        var accepted = tunnel.Handshake["Iskandar-Accept"]!.Split(',', StringSplitOptions.TrimEntries);
        Assert.Contains("cancel", accepted);
        Assert.Contains("credit", accepted);
        Assert.Equal($"localhost:{server.Url.Port}", tunnel.Handshake["Host"]);
    }

    [Fact]
    public async Task Client_Interrupted_ClosesWith1000()
    {
        await using var server = await DocumentServer.StartAsync(new() { ["subdomain"] = "abc" });
        await using var client = await IskandarClient.StartAsync(server.Url, "127.0.0.1:9");
        var tunnel = await server.AcceptAsync();

        client.Process.Interrupt();
        await tunnel.Ended.WithinAsync("the client's close frame");

        Assert.Equal(WebSocketCloseStatus.NormalClosure, tunnel.CloseStatus);
        Assert.Equal(0, await client.Process.ExitAsync());
    }

    [Fact]
    public async Task Client_InterruptedWithARequestInFlight_AnswersBeforeItCloses()
    {
        await using var origin = await TestOrigin.StartAsync();
        await using var server = await DocumentServer.StartAsync(new() { ["subdomain"] = "abc" });
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
        await tunnel.SendAsync(Messages.Request("1", "GET", "/waiting"));
        await arrived.PassAsync("the request");

        client.Process.Interrupt();
        await Eventually.TrueAsync(
            async () => (await tunnel.ExchangeAsync(Messages.Request($"{Guid.NewGuid()}", "GET", "/"))).Error == "tunnel_closing",
            "a client that takes no more requests");
        go.Open();

        var response = await tunnel.ReadResponseAsync("1");
        Assert.Equal((200, null, 1_000_000), (response.Status, response.Error, response.Body.Length));
        await tunnel.Ended.WithinAsync("the client's close frame");
        Assert.Equal(WebSocketCloseStatus.NormalClosure, tunnel.CloseStatus);
        Assert.Equal(0, await client.Process.ExitAsync());
    }

    [Fact]
    public async Task ServerCloses_With1001_ClientComesBack()
    {
        await using var server = await DocumentServer.StartAsync(new() { ["subdomain"] = "abc" });
        await using var client = await IskandarClient.StartAsync(server.Url, "127.0.0.1:9");
        var tunnel = await server.AcceptAsync();

        await tunnel.CloseAsync(WebSocketCloseStatus.EndpointUnavailable);

        var again = await server.AcceptAsync();
        var response = await again.ExchangeAsync(Messages.Request("1", "GET", "/"));
        Assert.Equal("origin_unreachable", response.Error);
    }

    private static string FirstLine(IskandarClient client) => client.Process.Output.Lines[0].TrimEnd('/');
}
