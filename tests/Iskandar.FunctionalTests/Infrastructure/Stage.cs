[assembly: AssemblyFixture(typeof(Iskandar.FunctionalTests.Infrastructure.SharedServer))]
[assembly: AssemblyFixture(typeof(Iskandar.FunctionalTests.Infrastructure.Stage))]

namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>One server with default options for all tests that need nothing else.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    private IskandarServer? _server;

    public IskandarServer Server => _server ?? throw new InvalidOperationException("Not started.");

    public async ValueTask InitializeAsync() => _server = await IskandarServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}

/// <summary>Both real processes before one origin, for the tests that only need a path of their own on it.</summary>
public sealed class Stage : IAsyncLifetime
{
    private IskandarServer? _server;
    private IskandarClient? _client;
    private TestOrigin? _origin;

    public IskandarServer Server => _server ?? throw new InvalidOperationException("Not started.");

    public IskandarClient Client => _client ?? throw new InvalidOperationException("Not started.");

    public TestOrigin Origin => _origin ?? throw new InvalidOperationException("Not started.");

    /// <summary>The public host, with its port.</summary>
    public string Host => Client.Url.Authority;

    public Uri Url(string pathAndQuery) => new(Client.Url, pathAndQuery);

    public HttpClient Visitor => Server.Visitor;

    public async ValueTask InitializeAsync()
    {
        _server = await IskandarServer.StartAsync();
        _origin = await TestOrigin.StartAsync();
        _client = await IskandarClient.StartAsync(_server, _origin.Port);
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
