using System.Net.WebSockets;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>The end of a tunnel connection, from either side.</summary>
public class ClientClosingTests(SharedServer shared)
{
    private readonly IskandarServer _server = shared.Server;

    public enum End
    {
        Close,
        Reset,
    }

    [Theory]
    [InlineData(End.Close)]
    [InlineData(End.Reset)]
    public async Task ConnectionEnds_VisitorsInFlight_GetTunnelLostAndTheNameIsFree(End end)
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var waiting = _server.Visitor.GetAsync(new Uri(client.Url, "/waiting"), Bounded.Token());
        await client.NextRequestAsync();
        var begun = _server.Visitor.GetAsync(new Uri(client.Url, "/begun"), HttpCompletionOption.ResponseHeadersRead, Bounded.Token());
        await client.SendAsync(Messages.Response((await client.NextRequestAsync()).Id, 200, "begun"));
        using var begunResponse = await begun;

        await EndAsync(client, end);

        using (var response = await waiting.WithinAsync("the answer of a visitor in flight", 5))
        {
            Expect.Error(response, 502, "tunnel_lost");
        }

        await Expect.AbortedAsync(begunResponse, 5);
        using var next = await _server.Visitor.GetAsync(client.Url, Bounded.Token());
        Expect.Error(next, 404, "tunnel_not_found");
    }

    [Theory]
    [InlineData(End.Close)]
    [InlineData(End.Reset)]
    public async Task ConnectionEnds_NothingInFlight_TheNameIsFree(End end)
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        await ClientHandshakeTests.StillServesAsync(_server, client);

        await EndAsync(client, end);

        await Eventually.TrueAsync(
            async () =>
            {
                using var response = await _server.Visitor.GetAsync(client.Url, Bounded.Token());
                return (int)response.StatusCode == 404 && Expect.ErrorCode(response) == "tunnel_not_found";
            },
            "404 for the name of a connection that has ended");
    }

    [Fact]
    public async Task Answers_FollowedByAClose_AreDelivered()
    {
        // Time and again, since the close frame is close behind the last messages.
        for (var attempt = 0; attempt < 20; attempt++)
        {
            await using var client = await DocumentClient.ConnectAsync(_server);
            var small = _server.Visitor.GetAsync(new Uri(client.Url, "/small"), Bounded.Token());
            var smallRequest = await client.NextRequestAsync();
            var large = _server.Visitor.GetAsync(new Uri(client.Url, "/large"), Bounded.Token());
            var largeRequest = await client.NextRequestAsync();

            await client.SendAsync(Messages.Response(largeRequest.Id, 200));
            await client.SendBodyAsync(largeRequest, new byte[2_000_000]);
            await client.SendAsync(Messages.Response(largeRequest.Id, done: true));
            await client.AnswerAsync(smallRequest, "last words");
            await client.CloseAsync();

            using var smallResponse = await small;
            await Expect.TextAsync(smallResponse, "last words");
            using var largeResponse = await large;
            Assert.Equal(2_000_000, (await largeResponse.Content.ReadAsByteArrayAsync(Bounded.Token())).Length);
        }
    }

    [Fact]
    public async Task ServerStops_TunnelConnection_IsClosedWith1001()
    {
        await using var server = await IskandarServer.StartAsync();
        await using var client = await DocumentClient.ConnectAsync(server);

        server.Process.Terminate();
        await client.Ended.WithinAsync("the server's close frame");

        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, client.CloseStatus);
        Assert.Equal(0, await server.Process.ExitAsync());
    }

    [Fact]
    public async Task ServerStops_ExchangeInFlight_IsFinishedFirst()
    {
        await using var server = await IskandarServer.StartAsync("--drain-timeout", "30s");
        await using var client = await DocumentClient.ConnectAsync(
            server, answer: static request => Messages.Response(request.Id, 200, "begun", done: request.Path != "/last"));
        await using var raw = await server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/last", client.Url.Authority);
        var head = await raw.ReadHeadAsync();
        var request = new DocumentRequest(client.Received[0]);

        server.Process.Terminate();
        await Eventually.TrueAsync(() => RefusesAsync(server, client), "the server taking no more requests");
        Assert.False(server.Process.HasExited);
        await client.SendAsync(Messages.Response(request.Id, text: " finished", done: true));

        Assert.Equal("begun finished", System.Text.Encoding.ASCII.GetString((await raw.ReadResponseAsync(head)).Body));
        Assert.Equal(0, await server.Process.ExitAsync());
    }

    /// <summary>A visitor who comes now is refused, or finds nobody listening any more.</summary>
    private static async Task<bool> RefusesAsync(IskandarServer server, DocumentClient client)
    {
        try
        {
            using var response = await server.Visitor.GetAsync(client.Url, Bounded.Token());
            if (response.IsSuccessStatusCode)
            {
                return false;
            }

            Expect.ErrorWithRetryAfter(response, 503, "server_stopping");
            return true;
        }
        catch (HttpRequestException)
        {
            return true;
        }
    }

    private static async Task EndAsync(DocumentClient client, End end)
    {
        if (end == End.Close)
        {
            await client.CloseAsync();
        }
        else
        {
            client.Reset();
        }
    }
}
