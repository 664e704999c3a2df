using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary.Cli;

/// <summary>The real client between a server written from the document and an origin.</summary>
public sealed class CliFixture : IAsyncLifetime
{
    private BinaryServer? _server;
    private IskandarClient? _client;
    private TestOrigin? _origin;
    private BinaryConnection? _tunnel;

    public BinaryServer Server => _server ?? throw new InvalidOperationException("Not started.");

    public IskandarClient Client => _client ?? throw new InvalidOperationException("Not started.");

    public TestOrigin Origin => _origin ?? throw new InvalidOperationException("Not started.");

    public BinaryConnection Tunnel => _tunnel ?? throw new InvalidOperationException("Not started.");

    /// <summary>One more exchange, as proof that the connection is well.</summary>
    public Task StillServesAsync() => StillServesAsync(Tunnel);

    public async Task StillServesAsync(BinaryConnection tunnel)
    {
        var path = $"/still-{Guid.NewGuid():N}";
        Origin.Map(path, path);
        var response = await tunnel.ExchangeAsync("GET", path, ("host", "abc.example.com"));
        Assert.Equal((200, path), (response.Status, response.Text));
    }

    public async ValueTask InitializeAsync()
    {
        _origin = await TestOrigin.StartAsync();
        _server = await BinaryServer.StartAsync();
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
