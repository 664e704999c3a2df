using System.IO.Pipelines;
using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Protocol.Connections;

/// <summary>The server's end of a connection, with a hand-written client at the other.</summary>
internal sealed class GatewayStage : IAsyncDisposable
{
    private readonly InMemoryWebSockets _sockets = new(capacity: 1024 * 1024);

    private GatewayStage(Func<FakeTimeProvider, GatewayConnectionOptions> options)
    {
        Client = new JsonPeer(_sockets.Client);
        Connection = TunnelConnection.ForGateway(_sockets.Server, options(Time), _sockets.ServerStream);
    }

    public FakeTimeProvider Time { get; } = new();

    public IGatewayConnection Connection { get; }

    /// <summary>The client, by hand.</summary>
    public JsonPeer Client { get; }

    /// <summary>Completes when the connection has ended.</summary>
    public Task<string> Running { get; private set; } = Task.FromResult("");

    public CancellationTokenSource Stop { get; } = new();

    public static Task<GatewayStage> StartAsync(OptionalMessages accepted = OptionalMessages.None) =>
        StartAsync(time => new GatewayConnectionOptions { TimeProvider = time, Accepted = accepted });

    /// <summary>Starts, up to the registration.</summary>
    public static async Task<GatewayStage> StartAsync(Func<FakeTimeProvider, GatewayConnectionOptions> options)
    {
        var stage = new GatewayStage(options);
        stage.Running = stage.Connection.RunAsync(new Registration { Subdomain = "abc123" }, stage.Stop.Token);
        Assert.Equal("""{"subdomain":"abc123"}""", await stage.Client.TextAsync());
        return stage;
    }

    public IGatewayExchange Open()
    {
        Assert.Equal(ExchangeError.None, Connection.TryOpen(out var exchange));
        exchange!.Request.Method = "GET";
        exchange.Request.Target = "/";
        return exchange;
    }

    /// <summary>Opens an exchange whose request the client has received.</summary>
    public async Task<(IGatewayExchange Exchange, string Id)> RequestAsync()
    {
        var exchange = Open();
        exchange.SendHead(endOfRequest: true, upgrade: false);
        return (exchange, await Client.RequestAsync());
    }

    /// <summary>Nothing was sent to the client up to now: the next that it receives is a new request.</summary>
    public async Task NothingSentAsync()
    {
        var (exchange, id) = await RequestAsync();
        await Client.RespondAsync(id, 204, done: true);
        Assert.True(await exchange.ReadHeadAsync().Within());
        exchange.Dispose();
    }

    /// <summary>A whole exchange goes well.</summary>
    public async Task StillServesAsync()
    {
        var (exchange, id) = await RequestAsync();
        using (exchange)
        {
            await Client.RespondAsync(id, 200, "still here", done: true);
            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.Equal("still here", await ReadAllAsync(exchange));
        }
    }

    /// <summary>Reads the content until it ends.</summary>
    public static async Task<string> ReadAllAsync(IGatewayExchange exchange)
    {
        var text = new StringBuilder();
        while (true)
        {
            var read = await exchange.Content.ReadAsync(Bounded.Token).Within();
            text.Append(Take(exchange, read));
            if (read.IsCompleted)
            {
                return text.ToString();
            }
        }
    }

    /// <summary>Reads content that is there, or comes next.</summary>
    public static async Task<string> ReadNextAsync(IGatewayExchange exchange) =>
        Take(exchange, await exchange.Content.ReadAsync(Bounded.Token).Within());

    /// <summary>Completes when the exchange fails.</summary>
    public static Task FailedAsync(IGatewayExchange exchange)
    {
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        exchange.OnFailed(static failed => ((TaskCompletionSource)failed).SetResult(), failed);
        return failed.Task.Within();
    }

    public async ValueTask DisposeAsync()
    {
        await Stop.CancelAsync();
        await Running.Within();
        await Connection.DisposeAsync();
        _sockets.Dispose();
        Stop.Dispose();
    }

    private static string Take(IGatewayExchange exchange, ReadResult read)
    {
        var text = Encoding.UTF8.GetString(read.Buffer);
        var length = read.Buffer.Length;
        exchange.Content.AdvanceTo(read.Buffer.End);
        exchange.Consumed(length);
        return text;
    }
}
