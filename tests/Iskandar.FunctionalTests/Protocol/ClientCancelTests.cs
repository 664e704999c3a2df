using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>The <c>cancel</c> message: who gets one, and when.</summary>
public class ClientCancelTests(ClientCancelTests.ImpatientServer impatient) : IClassFixture<ClientCancelTests.ImpatientServer>
{
    private readonly IskandarServer _server = impatient.Server;

    [Fact]
    public async Task VisitorLeaves_BeforeTheHead_CancelsTheExchange()
    {
        await using var client = await DocumentClient.ConnectAsync(_server, "cancel");
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Url.Authority);
        var request = await client.NextRequestAsync();

        raw.Reset();

        Assert.Equal(request.Id, await client.NextCancelAsync());
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    [Fact]
    public async Task VisitorLeaves_AmidTheContent_CancelsTheExchange()
    {
        await using var client = await DocumentClient.ConnectAsync(_server, "credit, cancel");
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Url.Authority);
        var request = await client.NextRequestAsync();
        await client.SendAsync(Messages.Response(request.Id, 200, "begun"));
        await raw.ReadHeadAsync();

        raw.Reset();

        Assert.Equal(request.Id, await client.NextCancelAsync());
        // What still comes is ignored.
        await client.SendAsync(Messages.Response(request.Id, text: "more", done: true));
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    [Fact]
    public async Task TimeLimitPasses_ClientAcceptsCancel_CancelsTheExchange()
    {
        await using var client = await DocumentClient.ConnectAsync(_server, "cancel");
        using var response = await _server.Visitor.GetAsync(client.Url, Bounded.Token());
        var request = await client.NextRequestAsync();

        Expect.Error(response, 504, "response_timeout");
        Assert.Equal(request.Id, await client.NextCancelAsync());
    }

    [Fact]
    public async Task TimeLimitPasses_ClientDidNotAcceptCancel_SendsNone()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        using var response = await _server.Visitor.GetAsync(client.Url, Bounded.Token());
        await client.NextRequestAsync();

        Expect.Error(response, 504, "response_timeout");
        // Had there been a cancel message, it would have come before this request.
        await ClientHandshakeTests.StillServesAsync(_server, client);
        Assert.All(client.Received, static message => Assert.Equal("request", (string?)message["type"]));
    }

    [Fact]
    public async Task ExchangeEndsWell_ClientAcceptsCancel_SendsNone()
    {
        await using var client = await DocumentClient.ConnectAsync(_server, "cancel");

        await ClientHandshakeTests.StillServesAsync(_server, client);
        await ClientHandshakeTests.StillServesAsync(_server, client);

        Assert.All(client.Received, static message => Assert.Equal("request", (string?)message["type"]));
    }

    public sealed class ImpatientServer : IAsyncLifetime
    {
        private IskandarServer? _server;

        public IskandarServer Server => _server ?? throw new InvalidOperationException("Not started.");

        public async ValueTask InitializeAsync() => _server = await IskandarServer.StartAsync("--head-timeout", "3s");

        public async ValueTask DisposeAsync() => await Server.DisposeAsync();
    }
}
