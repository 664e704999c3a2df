using System.Text.Json.Nodes;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>The <c>error</c> member: an exchange that failed at the client.</summary>
public class ClientErrorTests(SharedServer shared)
{
    private readonly IskandarServer _server = shared.Server;

    [Theory]
    [InlineData("origin_unreachable", 502, 502, "origin_unreachable")]
    [InlineData("origin_unreachable", null, 502, "origin_unreachable")]
    [InlineData("origin_failed", 502, 502, "origin_failed")]
    [InlineData("origin_timeout", 504, 504, "origin_timeout")]
    [InlineData("tunnel_closing", 503, 503, "tunnel_closing")]
    [InlineData("origin_unreachable", 200, 502, "origin_unreachable")]
    [InlineData("origin_unreachable", 404, 502, "origin_unreachable")]
    [InlineData("origin_unreachable", 700, 502, "origin_unreachable")]
    [InlineData("the cat sat on it", 502, 502, "origin_failed")]
    [InlineData("x\r\nx-injected: 1", 502, 502, "origin_failed")]
    public async Task FirstMessage_Error_IsAGatewayError(string error, int? status, int expectedStatus, string expectedCode)
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Url.Authority, "Accept: application/json");
        var request = await client.NextRequestAsync();

        var headers = new JsonObject { ["x-not-used"] = "1", ["content-type"] = "text/x-not-used" };
        await client.SendAsync(Messages.Response(request.Id, status, "not used", done: true, error: error, headers: headers));

        var response = await raw.ReadResponseAsync();
        Expect.Problem(response, expectedStatus, expectedCode);
        Assert.Null(response.Head["X-Not-Used"]);
        Assert.Null(response.Head["X-Injected"]);
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    [Fact]
    public async Task LaterMessage_Error_AbortsAChunkedResponse()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Url.Authority);
        var request = await client.NextRequestAsync();

        await client.SendAsync(Messages.Response(request.Id, 200, "begun"));
        var head = await raw.ReadHeadAsync();
        await client.SendAsync(Messages.Response(request.Id, done: true, error: "origin_failed"));

        var response = await raw.ReadResponseAsync(head);
        Assert.Equal("chunked", head["Transfer-Encoding"]);
        Assert.False(response.IsComplete);
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    [Fact]
    public async Task LaterMessage_Error_AbortsAResponseWithContentLength()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visit = _server.Visitor.GetAsync(client.Url, HttpCompletionOption.ResponseHeadersRead, Bounded.Token());
        var request = await client.NextRequestAsync();

        await client.SendAsync(Messages.Response(request.Id, 200, "begun", headers: new() { ["content-length"] = "100" }));
        using var response = await visit;
        await client.SendAsync(Messages.Response(request.Id, done: true, error: "origin_failed"));

        await Expect.AbortedAsync(response);
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }
}
