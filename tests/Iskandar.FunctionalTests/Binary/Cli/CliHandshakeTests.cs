using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;
using Iskandar.FunctionalTests.Protocol;

namespace Iskandar.FunctionalTests.Binary.Cli;

/// <summary>How the real client comes to speak an encoding.</summary>
public class CliHandshakeTests
{
    [Fact]
    public async Task Server_KnowsTheSubprotocol_TheBinaryEncodingIsSpoken()
    {
        // This server takes nobody who doesn't offer it.
        await using var origin = await TestOrigin.StartAsync();
        await using var server = await BinaryServer.StartAsync();
        await using var client = await IskandarClient.StartAsync(server.Url, origin.Authority);
        var tunnel = await server.AcceptAsync();

        var response = await tunnel.ExchangeAsync("GET", "/", ("host", "abc.example.com"));

        Assert.Equal("origin", response.Text);
        Assert.Equal($"http://abc.localhost:{server.Url.Port}", client.Process.Output.Lines[0].TrimEnd('/'));
    }

    [Fact]
    public async Task Server_KnowsNoSubprotocol_JsonIsSpoken()
    {
        await using var origin = await TestOrigin.StartAsync();
        await using var server = await DocumentServer.StartAsync(new() { ["subdomain"] = "abc" });
        await using var client = await IskandarClient.StartAsync(server.Url, origin.Authority);
        var tunnel = await server.AcceptAsync();

        var response = await tunnel.ExchangeAsync(Messages.Request("1", "GET", "/"));

        var offered = tunnel.Handshake["Sec-WebSocket-Protocol"]?.Split(',', StringSplitOptions.TrimEntries) ?? [];
        Assert.Contains(Numbers.Subprotocol, offered);
        Assert.Equal("origin", response.Text);
    }
}
