using System.Collections.Concurrent;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Protocol.Multiplexing;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>Both ends of a connection that speaks the binary encoding, with an app behind the client's.</summary>
internal sealed class FramePair : IExchangeHandler, IAsyncDisposable
{
    private readonly InMemoryWebSockets _sockets;
    private readonly Func<IClientExchange, Task> _app;
    private readonly ConcurrentQueue<Task> _served = [];
    private FrameClientConnection? _client;

    private FramePair(Func<IClientExchange, Task> app, int capacity, GatewayConnectionOptions options)
    {
        _app = app;
        _sockets = new InMemoryWebSockets(capacity, TunnelConnection.BinarySubprotocol);
        Gateway = TunnelConnection.ForGateway(_sockets.Server, options);
    }

    public IGatewayConnection Gateway { get; }

    public IClientConnection Client => _client!;

    /// <summary>Bytes of request content that the client's end holds.</summary>
    public long TakenByClient => _client!.Budget.Taken;

    /// <summary>Completes when the gateway's end has ended.</summary>
    public Task<string> GatewayRunning { get; private set; } = Task.FromResult("");

    /// <summary>Completes when the client's end has ended.</summary>
    public Task<string> ClientRunning { get; private set; } = Task.FromResult("");

    /// <param name="app">Answers each exchange, which is disposed when it returns.</param>
    /// <param name="options">The gateway's limits.</param>
    /// <param name="clientOptions">The client's limits.</param>
    /// <param name="capacity">How many bytes lie between the two in each direction before a writer has to wait.</param>
    public static async Task<FramePair> StartAsync(
        Func<IClientExchange, Task> app, GatewayConnectionOptions? options = null, ClientConnectionOptions? clientOptions = null, int capacity = 64 * 1024)
    {
        var clock = new TickingClock();
        var pair = new FramePair(app, capacity, options ?? new GatewayConnectionOptions { TimeProvider = clock });
        pair.GatewayRunning = pair.Gateway.RunAsync(new Registration { Subdomain = "abc123" }, CancellationToken.None);
        var client = await TunnelConnection.ForClientAsync(
            pair._sockets.Client, clientOptions ?? new ClientConnectionOptions { TimeProvider = clock }, pair._sockets.ClientStream, null, Bounded.Token).Within();
        pair._client = (FrameClientConnection)client;
        pair.ClientRunning = client.RunAsync(pair, CancellationToken.None);
        return pair;
    }

    public void OnCallbackFault(Exception exception) => Assert.Fail(exception.ToString());

    public void OnExchange(IClientExchange exchange) => _served.Enqueue(Task.Run(() => ServeAsync(exchange)));

    /// <summary>Opens an exchange.</summary>
    public IGatewayExchange Open(string target = "/", string method = "POST")
    {
        Assert.Equal(ExchangeError.None, Gateway.TryOpen(out var exchange));
        (exchange!.Request.Method, exchange.Request.Target) = (method, target);
        return exchange;
    }

    /// <summary>Opens an exchange without content, and waits for its head.</summary>
    public async Task<IGatewayExchange> GetAsync(string target = "/")
    {
        var exchange = Open(target, "GET");
        exchange.SendHead(endOfRequest: true, upgrade: false);
        await exchange.ReadHeadAsync().Within();
        return exchange;
    }

    /// <summary>Completes when the app has returned from all that came to it up to now; fails as it did.</summary>
    public Task ServedAsync() => Task.WhenAll(_served).Within();

    /// <summary>The network is gone.</summary>
    public void Break() => _sockets.Client.Abort();

    /// <summary>The server hangs up, as it does when the closing handshake is complete.</summary>
    public void HangUp() => _sockets.Server.Abort();

    public async ValueTask DisposeAsync()
    {
        _sockets.Client.Abort();
        _sockets.Server.Abort();
        await GatewayRunning.Within();
        await ClientRunning.Within();
        await ServedAsync();
        await Gateway.DisposeAsync();
        await Client.DisposeAsync();
        _sockets.Dispose();
    }

    private async Task ServeAsync(IClientExchange exchange)
    {
        using (exchange)
        {
            await _app(exchange);
        }
    }
}
