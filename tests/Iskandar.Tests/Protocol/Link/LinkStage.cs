using System.Buffers.Binary;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;
using Iskandar.Protocol.Multiplexing;
using Iskandar.Tests.Infrastructure;
using Iskandar.Tests.Protocol.Multiplexing;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Protocol.Link;

/// <summary>The server's end of a link, with a hand-written client that comes by one WebSocket after the other.</summary>
internal sealed class LinkStage : IAsyncDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(5);

    private readonly List<InMemoryWebSockets> _sockets = [];
    private readonly List<Task<string>> _runs = [];

    private LinkStage(Func<FakeTimeProvider, GatewayConnectionOptions>? options)
    {
        Connection = (FrameGatewayConnection)TunnelConnection.ForGateway(
            Connect().Server, options?.Invoke(Time) ?? new GatewayConnectionOptions { TimeProvider = Time, Accepted = OptionalMessages.Resume });
    }

    public FakeTimeProvider Time { get; } = new();

    public FrameGatewayConnection Connection { get; }

    /// <summary>The client on its latest WebSocket.</summary>
    public FramePeer Client => new(_sockets[^1].Client);

    /// <summary>The latest WebSocket's time; completes when the gateway has left it.</summary>
    public Task<string> Running => _runs.Count > 0 ? _runs[^1] : Task.FromResult("");

    /// <summary>Whether the gateway has no WebSocket at the moment.</summary>
    public bool IsDetached => Running.IsCompleted && !Connection.IsOver;

    public CancellationTokenSource Stop { get; } = new();

    public static LinkStage Create(Func<FakeTimeProvider, GatewayConnectionOptions>? options = null) => new(options);

    /// <summary>Starts, up to the registration.</summary>
    /// <returns>The stage, the client and its secret.</returns>
    public static async Task<(LinkStage Stage, FramePeer Client, string Secret)> StartAsync(Func<FakeTimeProvider, GatewayConnectionOptions>? options = null)
    {
        var stage = new LinkStage(options);
        var (client, registration) = await stage.AttachAsync();
        Assert.Equal((60, null), ((int)registration["keep"]!, registration["received"]));
        return (stage, client, (string)registration["resume"]!);
    }

    /// <summary>Runs over the first WebSocket.</summary>
    public async Task<(FramePeer Client, JsonNode Registration)> AttachAsync()
    {
        _runs.Add(Connection.RunAsync(new Registration { Subdomain = "abc123" }, Stop.Token));
        var client = Client;
        return (client, JsonNode.Parse(await client.TextAsync())!);
    }

    /// <summary>Comes by another WebSocket, as after a handshake that was granted.</summary>
    public FramePeer Dial(string secret, long received = 0)
    {
        var sockets = Connect();
        _runs.Add(Connection.ResumeAsync(sockets.Server, new Registration { Subdomain = "abc123" }, secret, received, Stop.Token));
        return new FramePeer(sockets.Client);
    }

    /// <summary>Resumes, up to the registration.</summary>
    public async Task<(FramePeer Client, JsonNode Registration)> ResumeAsync(string secret, long received = 0)
    {
        Assert.Equal(ResumeVerdict.Granted, Connection.CheckResume(secret, received));
        var client = Dial(secret, received);
        return (client, JsonNode.Parse(await client.TextAsync())!);
    }

    /// <summary>The client's network is gone, and the gateway has seen it.</summary>
    public async Task LoseAsync(FramePeer client)
    {
        client.Socket.Abort();
        await Running.Within();
    }

    /// <summary>Lets what needs no time come to its end, such as a frame that is being sent: else a jump of the clock would fall into the middle of it.</summary>
    public static async Task SettleAsync()
    {
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Quiet;)
        {
            await Task.Yield();
        }
    }

    /// <summary>Lets time pass until it completes: a second whenever nothing more seems to happen without.</summary>
    public async Task PassAsync(Task task)
    {
        for (var began = Stopwatch.GetTimestamp(); !task.IsCompleted; await Task.Yield())
        {
            // What needs no time must have come to its end before a limit of ours runs out.
            if (Stopwatch.GetElapsedTime(began) > Quiet)
            {
                Time.Advance(TimeSpan.FromSeconds(1));
                began = Stopwatch.GetTimestamp();
            }
        }

        await task.Within();
    }

    public IGatewayExchange Send(string target, bool end = true)
    {
        Assert.Equal(ExchangeError.None, Connection.TryOpen(out var exchange));
        (exchange!.Request.Method, exchange.Request.Target) = ("GET", target);
        exchange.SendHead(end, upgrade: false);
        return exchange;
    }

    public static byte[] Ack(long offset)
    {
        var payload = new byte[AckFrame.Length];
        BinaryPrimitives.WriteInt64BigEndian(payload, offset);
        return FrameBytes.Raw(FrameType.Ack, 0, 0, payload);
    }

    public async ValueTask DisposeAsync()
    {
        await Stop.CancelAsync();
        foreach (var sockets in _sockets)
        {
            sockets.Client.Abort();
        }

        await Connection.DisposeAsync();
        await PassAsync(Task.WhenAll(_runs));
        _sockets.ForEach(static sockets => sockets.Dispose());
        Stop.Dispose();
    }

    private InMemoryWebSockets Connect()
    {
        var sockets = new InMemoryWebSockets(1024 * 1024, TunnelConnection.BinarySubprotocol);
        _sockets.Add(sockets);
        return sockets;
    }
}
