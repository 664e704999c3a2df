using Iskandar.Tests.Infrastructure;
using Microsoft.Extensions.Options;

namespace Iskandar.Tests.Server;

public sealed class IskandarServerExtensionsTests
{
    private const string Proxy = "192.0.2.7";

    [Fact]
    public async Task Options_Wrong_AllOfItToldBeforeAnythingIsServed()
    {
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => InMemoryServer.StartAsync(static options =>
        {
            options.MaxTunnels = 0;
            options.HeadTimeout = TimeSpan.Zero;
        }));

        Assert.Equal(2, fault.Failures.Count());
    }

    [Theory]
    [InlineData(Proxy)]
    [InlineData("192.0.2.0/24")]
    public async Task TrustedProxy_SaysWhereARequestCameFrom_Believed(string trusted)
    {
        await using var server = await InMemoryServer.StartAsync(options => options.TrustedProxies.Add(trusted));
        var (peer, url) = await server.OpenTunnelAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Add("X-Forwarded-For", "10.0.0.1, 203.0.113.9");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "other.tunnel.example.com");

        var headers = await VisitAsync(server, peer, request);

        // The host is always that of Host: it chooses the tunnel.
        Assert.Equal(
            ("203.0.113.9", "https", url.Authority, url.Authority),
            ((string)headers["x-forwarded-for"]!, (string)headers["x-forwarded-proto"]!, (string)headers["x-forwarded-host"]!, (string)headers["host"]!));
        Assert.DoesNotContain(headers.AsObject(), static header => header.Value!.ToString().Contains("10.0.0.1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("198.51.100.1")]
    public async Task AnybodyElse_SaysWhereARequestCameFrom_NotBelieved(string? trusted)
    {
        await using var server = await InMemoryServer.StartAsync(options =>
        {
            if (trusted is not null)
            {
                options.TrustedProxies.Add(trusted);
            }
        });
        var (peer, url) = await server.OpenTunnelAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Add("X-Forwarded-For", "10.0.0.1");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "other.tunnel.example.com");

        var headers = await VisitAsync(server, peer, request);

        Assert.Equal(
            (Proxy, "http", url.Authority),
            ((string)headers["x-forwarded-for"]!, (string)headers["x-forwarded-proto"]!, (string)headers["x-forwarded-host"]!));
    }

    private static async Task<System.Text.Json.Nodes.JsonNode> VisitAsync(InMemoryServer server, JsonPeer peer, HttpRequestMessage request)
    {
        var visit = server.Visitor.SendAsync(request, Bounded.Token);
        var message = await peer.MessageAsync("request");
        await peer.RespondAsync((string)message["id"]!, 204, done: true);
        using var response = await visit.Within();
        Assert.Equal(204, (int)response.StatusCode);
        return message["headers"]!;
    }
}
