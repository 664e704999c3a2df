using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>The server's end of a connection that speaks the binary encoding, with a hand-written client at the other.</summary>
internal sealed class FrameGatewayStage : IAsyncDisposable
{
    private readonly InMemoryWebSockets _sockets;

    private FrameGatewayStage(Func<FakeTimeProvider, GatewayConnectionOptions>? options, int capacity)
    {
        _sockets = new InMemoryWebSockets(capacity, TunnelConnection.BinarySubprotocol);
        Client = new FramePeer(_sockets.Client);
        Connection = TunnelConnection.ForGateway(_sockets.Server, options?.Invoke(Time) ?? new GatewayConnectionOptions { TimeProvider = Time });
    }

    public FakeTimeProvider Time { get; } = new();

    public IGatewayConnection Connection { get; }

    /// <summary>The client, by hand.</summary>
    public FramePeer Client { get; }

    /// <summary>Completes when the connection has ended.</summary>
    public Task<string> Running { get; private set; } = Task.FromResult("");

    public CancellationTokenSource Stop { get; } = new();

    /// <summary>Starts, up to the registration.</summary>
    /// <param name="options">The connection's limits.</param>
    /// <param name="capacity">How many bytes lie between the two in each direction before a writer has to wait.</param>
    public static async Task<FrameGatewayStage> StartAsync(Func<FakeTimeProvider, GatewayConnectionOptions>? options = null, int capacity = 1024 * 1024)
    {
        var stage = new FrameGatewayStage(options, capacity);
        stage.Run();
        Assert.Equal("""{"subdomain":"abc123"}""", await stage.Client.TextAsync());
        return stage;
    }

    /// <summary>Makes the connection, but doesn't run it yet.</summary>
    public static FrameGatewayStage Create(Func<FakeTimeProvider, GatewayConnectionOptions>? options = null) => new(options, 1024 * 1024);

    public void Run() => Running = Connection.RunAsync(new Registration { Subdomain = "abc123" }, Stop.Token);

    public IGatewayExchange Open()
    {
        Assert.Equal(ExchangeError.None, Connection.TryOpen(out var exchange));
        exchange!.Request.Method = "GET";
        exchange.Request.Target = "/";
        return exchange;
    }

    /// <summary>Opens an exchange whose request's head the client has received.</summary>
    public async Task<(IGatewayExchange Exchange, uint Stream)> RequestAsync(bool end = true, bool upgrade = false)
    {
        var exchange = Open();
        exchange.SendHead(end, upgrade);
        var frame = await Client.FrameAsync(FrameType.Request);
        Assert.Equal((end, upgrade), (frame.IsEnd, frame.IsUpgrade));
        return (exchange, frame.Stream);
    }

    /// <summary>An exchange whose response has begun.</summary>
    public async Task<(IGatewayExchange Exchange, uint Stream)> StreamingAsync(bool endOfRequest = true)
    {
        var (exchange, stream) = await RequestAsync(endOfRequest);
        await Client.SendAsync(FrameBytes.Response(stream));
        Assert.True(await exchange.ReadHeadAsync().Within());
        return (exchange, stream);
    }

    /// <summary>A whole exchange goes well; nothing but it was sent to the client up to now, and all that the client has sent was read.</summary>
    public async Task StillServesAsync()
    {
        var (exchange, stream) = await RequestAsync();
        using (exchange)
        {
            await Client.SendAsync(FrameBytes.Response(stream), FrameBytes.Data(stream, "still here", end: true));
            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.Equal("still here", await ReadAllAsync(exchange));
            Assert.Equal(ExchangeError.None, exchange.Error);
        }
    }

    /// <summary>All that the client has sent was read.</summary>
    public async Task SynchronizeAsync()
    {
        await Client.SendAsync(FrameBytes.Ping(0));
        await Client.FrameAsync(FrameType.Pong);
    }

    /// <summary>Reads the content until it ends.</summary>
    public static async Task<string> ReadAllAsync(IGatewayExchange exchange) => Encoding.UTF8.GetString(await ReadBytesAsync(exchange));

    /// <summary>Reads the content until it ends, or until there is so much of it.</summary>
    public static async Task<byte[]> ReadBytesAsync(IGatewayExchange exchange, int atLeast = int.MaxValue)
    {
        var content = new List<byte>();
        while (content.Count < atLeast)
        {
            var read = await exchange.Content.ReadAsync(Bounded.Token).Within();
            content.AddRange(Take(exchange, read));
            if (read.IsCompleted)
            {
                break;
            }
        }

        return [.. content];
    }

    /// <summary>Reads content that is there, or comes next.</summary>
    public static async Task<string> ReadNextAsync(IGatewayExchange exchange) =>
        Encoding.UTF8.GetString(Take(exchange, await exchange.Content.ReadAsync(Bounded.Token).Within()));

    /// <summary>Completes when the exchange fails.</summary>
    public static Task FailedAsync(IGatewayExchange exchange)
    {
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        exchange.OnFailed(static failed => ((TaskCompletionSource)failed).SetResult(), failed);
        return failed.Task.Within();
    }

    public static Task<ExchangeError> SendAsync(IGatewayExchange exchange, byte[] content, CancellationToken? token = null) =>
        exchange.SendContentAsync(new ReadOnlySequence<byte>(content), token ?? Bounded.Token).AsTask();

    /// <summary>
    /// Six exchanges whose requests have begun, on a connection that takes nothing more: the writer is stuck in the first one's content, the others' is more than may wait. There
    /// is no room for what the last of them sends.
    /// </summary>
    public async Task<(IGatewayExchange Exchange, uint Stream)[]> FillAsync()
    {
        var exchanges = new (IGatewayExchange Exchange, uint Stream)[6];
        for (var i = 0; i < exchanges.Length; i++)
        {
            exchanges[i] = await RequestAsync(end: false);
        }

        _ = SendAsync(exchanges[0].Exchange, new byte[FramePeer.Window]);
        await Client.ByteAsync();
        foreach (var (exchange, _) in exchanges[1..^1])
        {
            _ = SendAsync(exchange, new byte[FramePeer.Window]);
        }

        return exchanges;
    }

    public async ValueTask DisposeAsync()
    {
        await Stop.CancelAsync();

        // Whatever a test left half done, the end must not wait for its answer.
        _sockets.Client.Abort();
        await Running.Within();
        await Connection.DisposeAsync();
        _sockets.Dispose();
        Stop.Dispose();
    }

    private static byte[] Take(IGatewayExchange exchange, ReadResult read)
    {
        var content = read.Buffer.ToArray();
        exchange.Content.AdvanceTo(read.Buffer.End);
        exchange.Consumed(content.Length);
        return content;
    }
}
