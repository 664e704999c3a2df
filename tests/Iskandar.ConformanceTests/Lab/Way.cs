namespace Iskandar.ConformanceTests.Lab;

/// <summary>The doors to one origin: its own, a tunnel's, and that of nginx if it is installed.</summary>
public sealed class Way : IAsyncDisposable
{
    private readonly IskandarClient _client;
    private readonly Nginx? _nginx;

    private Way(int originPort, IskandarServer server, IskandarClient client, Nginx? nginx)
    {
        _client = client;
        _nginx = nginx;
        OriginPort = originPort;
        Direct = Door.Of(originPort, originPort);
        Iskandar = Direct with { Port = server.Port, Host = client.Url.Authority };
        Nginx = nginx is null ? null : Door.Of(nginx.Port, originPort);
    }

    public int OriginPort { get; }

    public Door Direct { get; }

    public Door Iskandar { get; }

    public Door? Nginx { get; }

    /// <summary>Opens a tunnel and starts an nginx before an origin, which need not listen yet.</summary>
    public static async Task<Way> OpenAsync(IskandarServer server, int originPort, string moreForNginx = "")
    {
        var client = await IskandarClient.StartAsync(server, originPort);
        try
        {
            return new Way(originPort, server, client, Lab.Nginx.IsInstalled ? await Lab.Nginx.StartAsync(originPort, moreForNginx) : null);
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>The door that this target stands for.</summary>
    public Door? Behind(Hop hop) => hop switch
    {
        Hop.None => Direct,
        Hop.Iskandar => Iskandar,
        _ => Nginx,
    };

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        if (_nginx is not null)
        {
            await _nginx.DisposeAsync();
        }
    }
}

/// <summary>What stands between visitor and app.</summary>
public enum Hop
{
    None,
    Iskandar,
    Nginx,
}
