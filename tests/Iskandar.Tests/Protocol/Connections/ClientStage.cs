using System.Threading.Channels;
using Iskandar.Protocol.Connections;
using Iskandar.Tests.Infrastructure;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Protocol.Connections;

/// <summary>The client's end of a connection, with a hand-written server at the other.</summary>
internal sealed class ClientStage : IAsyncDisposable, IExchangeHandler
{
    private readonly InMemoryWebSockets _sockets = new(capacity: 1024 * 1024);
    private readonly Channel<IClientExchange> _exchanges = Channel.CreateUnbounded<IClientExchange>();
    private readonly List<IClientExchange> _accepted = [];
    private IClientConnection? _connection;

    private ClientStage() => Server = new JsonPeer(_sockets.Server);

    public FakeTimeProvider Time { get; } = new();

    /// <summary>The server, by hand.</summary>
    public JsonPeer Server { get; }

    public IClientConnection Connection => _connection!;

    /// <summary>Completes when the connection has ended.</summary>
    public Task<string> Running { get; private set; } = Task.FromResult("");

    public CancellationTokenSource Stop { get; } = new();

    /// <summary>How many exchanges have come that nobody took yet.</summary>
    public int Pending => _exchanges.Reader.Count;

    public static async Task<ClientStage> StartAsync(
        string registration = """{"subdomain":"abc123"}""", Func<FakeTimeProvider, ClientConnectionOptions>? options = null)
    {
        var stage = new ClientStage();
        await stage.Server.SendAsync(registration);
        var limits = options?.Invoke(stage.Time) ?? new ClientConnectionOptions { TimeProvider = stage.Time };
        stage._connection = await TunnelConnection.ForClientAsync(stage._sockets.Client, limits, stage._sockets.ClientStream, null, Bounded.Token).Within();
        stage.Running = stage._connection.RunAsync(stage, stage.Stop.Token);
        return stage;
    }

    /// <summary>What callbacks on a cancellation threw.</summary>
    public List<Exception> CallbackFaults { get; } = [];

    public void OnCallbackFault(Exception exception)
    {
        lock (CallbackFaults)
        {
            CallbackFaults.Add(exception);
        }
    }

    public void OnExchange(IClientExchange exchange) => Assert.True(_exchanges.Writer.TryWrite(exchange));

    /// <summary>The exchange that came next.</summary>
    public async Task<IClientExchange> AcceptAsync()
    {
        var exchange = await _exchanges.Reader.ReadAsync(Bounded.Token).Within();
        _accepted.Add(exchange);
        return exchange;
    }

    /// <summary>Sends a simple request and takes its exchange.</summary>
    public async Task<IClientExchange> RequestAsync(string id = "1")
    {
        await Server.SendAsync($$"""{"type":"request","id":"{{id}}","method":"GET","path":"/","headers":{"host":"abc123.localhost"} }""");
        return await AcceptAsync();
    }

    /// <summary>Everything sent before has been read by now: what comes next is the answer to a new request.</summary>
    public async Task<IClientExchange> SynchronizeAsync()
    {
        var id = $"sync-{_accepted.Count}";
        return await RequestAsync(id);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var exchange in _accepted)
        {
            exchange.Dispose();
        }

        await Stop.CancelAsync();
        await Running.Within();
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        _sockets.Dispose();
        Stop.Dispose();
    }
}
