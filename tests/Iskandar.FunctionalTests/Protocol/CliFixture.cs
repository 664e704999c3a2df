using System.Text.Json.Nodes;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>The real client between a server written from the document and an origin.</summary>
public sealed class CliFixture : IAsyncLifetime
{
    /// <summary>The credit each exchange begins with.</summary>
    public const int Window = 100_000;

    private DocumentServer? _server;
    private IskandarClient? _client;
    private TestOrigin? _origin;
    private DocumentTunnel? _tunnel;
    private int _id;

    public DocumentTunnel Tunnel => _tunnel ?? throw new InvalidOperationException("Not started.");

    public TestOrigin Origin => _origin ?? throw new InvalidOperationException("Not started.");

    public string NextId() => $"exchange {Interlocked.Increment(ref _id)} \u00e9/\"\\";

    /// <summary>One more exchange, as proof that the connection is well.</summary>
    public async Task StillServesAsync()
    {
        var path = $"/still-{Guid.NewGuid():N}";
        Origin.Map(path, path);
        var response = await Tunnel.ExchangeAsync(Messages.Request(NextId(), "GET", path));
        Assert.Equal((200, path), (response.Status, response.Text));
    }

    public async ValueTask InitializeAsync()
    {
        _origin = await TestOrigin.StartAsync();
        _server = await DocumentServer.StartAsync(new JsonObject { ["subdomain"] = "abc", ["window"] = Window });
        _client = await IskandarClient.StartAsync(_server.Url, _origin.Authority);
        _tunnel = await _server.AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in (IAsyncDisposable?[])[_client, _server, _origin])
        {
            if (part is not null)
            {
                await part.DisposeAsync();
            }
        }
    }
}
