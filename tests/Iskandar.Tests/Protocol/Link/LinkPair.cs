using System.Collections.Concurrent;
using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Protocol.Multiplexing;
using Iskandar.Protocol.Transports;
using Iskandar.Tests.Infrastructure;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Protocol.Link;

/// <summary>Both ends of a link, with an app behind the client's. The client dials again whenever the connection is lost, as long as the link can be resumed.</summary>
internal sealed class LinkPair : IExchangeHandler, IAsyncDisposable
{
    private readonly Func<IClientExchange, Task> _app;
    private readonly ClientConnectionOptions _clientOptions;
    private readonly ConcurrentQueue<Task> _served = [];
    private readonly ConcurrentQueue<Task<string>> _gatewayRuns = [];
    private readonly ConcurrentQueue<IDisposable> _sockets = [];
    private volatile WebSocket? _clientSocket;
    private volatile WebSocket? _serverSocket;
    private int _resumed;

    private LinkPair(Func<IClientExchange, Task> app, Func<FakeTimeProvider, GatewayConnectionOptions>? options)
    {
        _app = app;
        _clientOptions = new ClientConnectionOptions { TimeProvider = Time };
        Options = options?.Invoke(Time) ?? new GatewayConnectionOptions { TimeProvider = Time, Accepted = OptionalMessages.Resume };
    }

    public FakeTimeProvider Time { get; } = new();

    public GatewayConnectionOptions Options { get; }

    public FrameGatewayConnection Gateway { get; private set; } = null!;

    public FrameClientConnection Client { get; private set; } = null!;

    /// <summary>After how many bytes the next connection breaks: of those that the server writes, and of those that the client does. Asked for each connection.</summary>
    public Func<(long Server, long Client)> NextLimits { get; set; } = static () => (long.MaxValue, long.MaxValue);

    /// <summary>Whether the client dials again, asked before each time; it completes when that is to be decided.</summary>
    public Func<Task<bool>> DialsAgain { get; set; } = static () => Task.FromResult(true);

    /// <summary>How often the link was resumed.</summary>
    public int Resumed => Volatile.Read(ref _resumed);

    /// <summary>Completes when the client's end is over.</summary>
    public Task<string> Running { get; private set; } = null!;

    /// <summary>Why the gateway's end left its WebSockets, the latest last.</summary>
    public IEnumerable<Task<string>> GatewayRuns => _gatewayRuns;

    public static async Task<LinkPair> StartAsync(
        Func<IClientExchange, Task> app, Func<FakeTimeProvider, GatewayConnectionOptions>? options = null)
    {
        var pair = new LinkPair(app, options);
        var (server, client, stream) = pair.Connect(long.MaxValue, long.MaxValue);
        pair.Gateway = (FrameGatewayConnection)TunnelConnection.ForGateway(server, pair.Options);
        pair._gatewayRuns.Enqueue(pair.Gateway.RunAsync(new Registration { Subdomain = "abc123" }, CancellationToken.None));
        pair.Client = (FrameClientConnection)await TunnelConnection.ForClientAsync(client, pair._clientOptions, stream, null, Bounded.Token).Within();
        pair.Running = pair.RunAsync();
        return pair;
    }

    public void OnCallbackFault(Exception exception) => Assert.Fail(exception.ToString());

    public void OnExchange(IClientExchange exchange) => _served.Enqueue(Task.Run(() => ServeAsync(exchange)));

    public IGatewayExchange Open(string target = "/", string method = "GET")
    {
        Assert.Equal(ExchangeError.None, Gateway.TryOpen(out var exchange));
        (exchange!.Request.Method, exchange.Request.Target) = (method, target);
        return exchange;
    }

    /// <summary>The network is gone, for both.</summary>
    public void Break()
    {
        _clientSocket!.Abort();
        _serverSocket!.Abort();
    }

    /// <summary>A second passes, at both ends.</summary>
    public void Tick()
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        Gateway.EnforceDeadlines();
        Client.Sweep();
    }

    /// <summary>Completes when each end has received all that the other has sent.</summary>
    public Task QuietAsync() => Bounded.UntilAsync(
        () => Gateway.Received == Client.Sender.Position && Client.Received == Gateway.Sender.Position, "both have received all");

    /// <summary>Completes when the app has returned from all that came to it up to now; fails as it did.</summary>
    public Task ServedAsync() => Task.WhenAll(_served).Within();

    public async ValueTask DisposeAsync()
    {
        DialsAgain = static () => Task.FromResult(false);
        await Gateway.DisposeAsync();
        Break();
        await Running.Within();
        await Task.WhenAll(_gatewayRuns).Within();
        await Client.DisposeAsync();
        await Gateway.DisposeAsync();
        await ServedAsync();
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }

    // As the dialer and the handshake do it.
    private async Task<string> RunAsync()
    {
        while (true)
        {
            var reason = await Client.RunAsync(this, CancellationToken.None);
            do
            {
                if (Client.Resumption is not { } resumption || !await DialsAgain()
                    || Gateway.CheckResume(resumption.Secret, resumption.Received) is var verdict and not ResumeVerdict.Granted)
                {
                    Client.GiveUp();
                    return reason;
                }
            }
            while (!await TryDialAsync(Client.Resumption!));
            Interlocked.Increment(ref _resumed);
        }
    }

    private async Task<bool> TryDialAsync(LinkResumption resumption)
    {
        var limits = NextLimits();
        var (server, client, stream) = Connect(limits.Server, limits.Client);
        _gatewayRuns.Enqueue(
            Gateway.ResumeAsync(server, new Registration { Subdomain = "abc123" }, resumption.Secret, resumption.Received, CancellationToken.None));
        try
        {
            Assert.Same(Client, await TunnelConnection.ForClientAsync(client, _clientOptions, stream, Client, Bounded.Token).Within());
            return true;
        }
        catch (WebSocketException)
        {
            client.Dispose();
            return false;
        }
    }

    private (WebSocket Server, WebSocket Client, BatchingStream Stream) Connect(long serverLimit, long clientLimit)
    {
        var (left, right) = DuplexStream.CreatePair();
        var serverStream = new BatchingStream(new CutStream(left, serverLimit), readAhead: 0);
        var clientStream = new BatchingStream(new CutStream(right, clientLimit), 32 * 1024);
        var server = WebSocket.CreateFromStream(serverStream, Creation(isServer: true));
        var client = WebSocket.CreateFromStream(clientStream, Creation(isServer: false));
        _sockets.Enqueue(server);
        _sockets.Enqueue(client);
        (_serverSocket, _clientSocket) = (server, client);
        return (server, client, clientStream);
    }

    private static WebSocketCreationOptions Creation(bool isServer) =>
        new() { IsServer = isServer, SubProtocol = TunnelConnection.BinarySubprotocol, KeepAliveInterval = TimeSpan.Zero };

    private async Task ServeAsync(IClientExchange exchange)
    {
        using (exchange)
        {
            await _app(exchange);
        }
    }
}
