using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;
using Iskandar.FunctionalTests.Protocol;

namespace Iskandar.FunctionalTests.Binary.Gateway;

/// <summary>How a client comes to speak the binary encoding with the real server.</summary>
public class HandshakeTests(SharedServer shared)
{
    private readonly IskandarServer _server = shared.Server;

    [Theory]
    [InlineData(null)]
    [InlineData("cancel, credit")]
    public async Task Connect_OffersTheSubprotocol_GetsItBackAndARegistrationInText(string? accept)
    {
        await using var client = await BinaryClient.ConnectAsync(_server, accept);

        Assert.Equal(Numbers.Subprotocol, client.Subprotocol);
        Assert.Matches("^[a-z0-9]{8}$", client.Name);
        Assert.Equal($"http://{_server.HostOf(client.Name)}", (string?)client.Registration["url"]);
        Assert.Equal(Numbers.LongestFields, (int?)client.Registration["maxFields"]);
        Assert.Null(client.Registration["maxMessage"]);
        Assert.Null(client.Registration["window"]);
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Connect_OffersAnUnknownOneFirst_GetsTheKnownOne()
    {
        await using var client = await BinaryClient.ConnectAsync(_server, alsoOffered: "iskandar.v99");

        Assert.Equal(Numbers.Subprotocol, client.Subprotocol);
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Connect_BesideAClientThatOffersNothing_BothAreServed()
    {
        await using var binary = await BinaryClient.ConnectAsync(_server);
        await using var json = await DocumentClient.ConnectAsync(_server);

        Assert.Null(json.Subprotocol);
        await binary.StillServesAsync();
        await ClientHandshakeTests.StillServesAsync(_server, json);
        await binary.StillServesAsync();
    }

    [Fact]
    public async Task FirstStream_IsNumber1_LaterOnesAreHigher()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var last = 0u;

        for (var number = 0; number < 5; number++)
        {
            var (visit, stream) = await client.BeginAsync($"/{number}");
            await stream.RespondAsync(204, end: true);
            using var response = await visit;
            Assert.True(number > 0 ? stream.Id > last : stream.Id == 1, $"Stream {stream.Id} after {last}.");
            last = stream.Id;
        }
    }

    [Fact]
    public async Task Connect_ServerHoldsAllItMay_IsRefusedBefore101()
    {
        await using var server = await IskandarServer.StartAsync("--max-tunnels", "1");
        await using var client = await BinaryClient.ConnectAsync(server);
        await using var raw = await server.ConnectAsync();
        await raw.SendRequestAsync(
            "GET",
            "/tunnel/connect",
            $"localhost:{server.Port}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Protocol: iskandar.v1");

        Expect.Problem(await raw.ReadResponseAsync(), 503, "server_full");
    }
}
