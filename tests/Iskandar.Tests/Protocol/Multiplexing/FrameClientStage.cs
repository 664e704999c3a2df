using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;
using Iskandar.Protocol.Multiplexing;
using Iskandar.Tests.Infrastructure;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>The client's end of a connection that speaks the binary encoding, with a hand-written server at the other.</summary>
internal sealed class FrameClientStage : IAsyncDisposable, IExchangeHandler
{
    private readonly InMemoryWebSockets _sockets;
    private readonly Channel<IClientExchange> _exchanges = Channel.CreateUnbounded<IClientExchange>();
    private readonly List<IClientExchange> _accepted = [];
    private IClientConnection? _connection;
    private uint _last;

    private FrameClientStage(int capacity)
    {
        _sockets = new InMemoryWebSockets(capacity, TunnelConnection.BinarySubprotocol);
        Server = new FramePeer(_sockets.Server);
    }

    public FakeTimeProvider Time { get; } = new();

    /// <summary>The server, by hand.</summary>
    public FramePeer Server { get; }

    public IClientConnection Connection => _connection!;

    /// <summary>Completes when the connection has ended.</summary>
    public Task<string> Running { get; private set; } = Task.FromResult("");

    public CancellationTokenSource Stop { get; } = new();

    /// <summary>How many exchanges have come that nobody took yet.</summary>
    public int Pending => _exchanges.Reader.Count;

    /// <summary>Bytes of request content that are held.</summary>
    public long Taken => ((FrameClientConnection)Connection).Budget.Taken;

    public static async Task<FrameClientStage> StartAsync(
        Func<FakeTimeProvider, ClientConnectionOptions>? options = null, string registration = """{"subdomain":"abc123"}""", int capacity = 1024 * 1024)
    {
        var stage = new FrameClientStage(capacity);
        await stage.Server.SendAsync(WebSocketMessageType.Text, Encoding.UTF8.GetBytes(registration));
        var limits = options?.Invoke(stage.Time) ?? new ClientConnectionOptions { TimeProvider = stage.Time };
        stage._connection = await TunnelConnection.ForClientAsync(stage._sockets.Client, limits, stage._sockets.ClientStream, null, Bounded.Token).Within();
        stage.Running = stage._connection.RunAsync(stage, stage.Stop.Token);
        return stage;
    }

    public void OnCallbackFault(Exception exception) => Assert.Fail(exception.ToString());

    public void OnExchange(IClientExchange exchange) => Assert.True(_exchanges.Writer.TryWrite(exchange));

    /// <summary>The exchange that came next.</summary>
    public async Task<IClientExchange> AcceptAsync()
    {
        var exchange = await _exchanges.Reader.ReadAsync(Bounded.Token).Within();
        _accepted.Add(exchange);
        return exchange;
    }

    /// <summary>Sends a simple request on the next stream and takes its exchange.</summary>
    public async Task<(IClientExchange Exchange, uint Stream)> RequestAsync(bool end = true, bool upgrade = false)
    {
        var stream = ++_last;
        await Server.SendAsync(FrameBytes.Request(stream, end, end || upgrade ? "GET" : "POST", upgrade: upgrade));
        return (await AcceptAsync(), stream);
    }

    /// <summary>A whole exchange goes well; nothing but it was sent to the server up to now, and all that the server has sent was read.</summary>
    public async Task StillServesAsync()
    {
        var (exchange, stream) = await RequestAsync();
        await exchange.SendHeadAsync(new ResponseHead { Status = 204 }, default, endOfResponse: true, Bounded.Token).Within();
        exchange.Dispose();
        var frame = await Server.FrameAsync(FrameType.Response, stream);
        Assert.Equal((204, true), (frame.Response.Status, frame.IsEnd));
    }

    /// <summary>The same, when the test has opened streams up to this one by itself.</summary>
    public Task StillServesAfterAsync(uint last)
    {
        _last = last;
        return StillServesAsync();
    }

    /// <summary>Sends the response's head, without content.</summary>
    public static Task HeadAsync(IClientExchange exchange, int status = 200, bool end = false) =>
        exchange.SendHeadAsync(new ResponseHead { Status = status }, default, end, Bounded.Token).Within();

    public static Task SendAsync(IClientExchange exchange, byte[] content, bool end = false, CancellationToken? token = null) =>
        exchange.SendContentAsync(content, end, token ?? Bounded.Token).AsTask();

    /// <summary>Reads the request's content until it ends, or until there is so much of it.</summary>
    public static async Task<byte[]> ReadAsync(Stream content, int atLeast = int.MaxValue)
    {
        var all = new List<byte>();
        var buffer = new byte[64 * 1024];
        while (all.Count < atLeast)
        {
            var count = await content.ReadAsync(buffer, Bounded.Token).Within();
            if (count == 0)
            {
                break;
            }

            all.AddRange(buffer.AsSpan(0, count));
        }

        return [.. all];
    }

    /// <summary>Reads the request's content as text until it ends.</summary>
    public static async Task<string> ReadTextAsync(IClientExchange exchange) => Encoding.UTF8.GetString(await ReadAsync(exchange.OpenContent()));

    /// <summary>
    /// Six exchanges whose responses have begun, on a connection that takes nothing more: the writer is stuck in the first one's content, the others' is more than may wait. There
    /// is no room for what the last of them sends.
    /// </summary>
    public async Task<(IClientExchange Exchange, uint Stream)[]> FillAsync()
    {
        var exchanges = new (IClientExchange Exchange, uint Stream)[6];
        for (var i = 0; i < exchanges.Length; i++)
        {
            exchanges[i] = await RequestAsync(end: false);
            await HeadAsync(exchanges[i].Exchange);
            await Server.FrameAsync(FrameType.Response);
        }

        _ = SendAsync(exchanges[0].Exchange, new byte[FramePeer.Window]);
        await Server.ByteAsync();
        foreach (var (exchange, _) in exchanges[1..^1])
        {
            _ = SendAsync(exchange, new byte[FramePeer.Window]);
        }

        return exchanges;
    }

    /// <summary>Disposes every exchange that was taken.</summary>
    public void DisposeAccepted() => _accepted.ForEach(static exchange => exchange.Dispose());

    public async ValueTask DisposeAsync()
    {
        DisposeAccepted();
        await Stop.CancelAsync();

        // Whatever a test left half done, the end must not wait for its answer.
        _sockets.Server.Abort();
        await Running.Within();
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        _sockets.Dispose();
        Stop.Dispose();
    }
}
