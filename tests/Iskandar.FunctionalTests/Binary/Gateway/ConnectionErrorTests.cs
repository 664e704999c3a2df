using System.Net.WebSockets;
using System.Text;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary.Gateway;

/// <summary>What ends a connection with the real server, and nothing else on it.</summary>
public class ConnectionErrorTests(ConnectionErrorTests.OwnServer own) : IClassFixture<ConnectionErrorTests.OwnServer>
{
    private static readonly Dictionary<string, Fault> OfAClient = new()
    {
        ["REQUEST"] = ConnectionFaults.Whole(Frame.Request(3, "GET", "/")),
        ["REQUEST on an open stream"] = ConnectionFaults.Whole(Frame.Request(1, "GET", "/")),
        ["RESPONSE over its limit"] = ConnectionFaults.Header(Numbers.LongestHead + 1, FrameType.Response),
        ["RESPONSE on an unknown stream"] = ConnectionFaults.Whole(Frame.Response(ConnectionFaults.Unknown, 200)),
        ["RESPONSE on stream 0"] = ConnectionFaults.Whole(Frame.Response(0, 200)),
    };

    private readonly IskandarServer _server = own.Server;

    public static TheoryData<string> Faults => [.. ConnectionFaults.Names, .. OfAClient.Keys];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_Any_EndsTheConnection(string name)
    {
        var fault = OfAClient.GetValueOrDefault(name) ?? ConnectionFaults.Of(name);
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync();
        Assert.Equal(1u, stream.Id);

        await client.Tunnel.SendBytesAsync(fault.Message, isWhole: fault.IsWhole);

        await IsEndedAsync(client, WebSocketCloseStatus.ProtocolError, fault.Codes);
        using var response = await visit;
        Expect.Error(response, 502, "tunnel_lost");
    }

    [Fact]
    public async Task TextMessage_EndsTheConnectionWith1003()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);

        await client.Tunnel.SendBytesAsync(Encoding.UTF8.GetBytes("""{"type":"response"}"""), WebSocketMessageType.Text);

        await IsEndedAsync(client, WebSocketCloseStatus.InvalidMessageType, ErrorCode.ProtocolError);
    }

    [Fact]
    public async Task Fault_BehindAResponse_LeavesTheResponseGood()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync(completion: HttpCompletionOption.ResponseContentRead);

        await stream.SendAsync(Frame.Response(stream.Id, 200), Frame.Data(stream.Id, "fine", end: true), Frame.Data(ConnectionFaults.Unknown, "x"));

        using var response = await visit;
        await Expect.TextAsync(response, "fine");
        await IsEndedAsync(client, WebSocketCloseStatus.ProtocolError, ErrorCode.ProtocolError);
    }

    [Fact]
    public async Task GoAway_WithTheCodeOfAnError_EndsTheConnection()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, _) = await client.BeginAsync();

        await client.Tunnel.SendAsync(Frame.GoAway(1, ErrorCode.ProtocolError, "the test says so"));
        await client.Tunnel.CloseAsync(WebSocketCloseStatus.ProtocolError);

        using var response = await visit.WithinAsync("the answer of a visitor in flight", 5);
        Expect.Error(response, 502, "tunnel_lost");
        await own.StillServesAnotherAsync();
    }

    private async Task IsEndedAsync(BinaryClient client, WebSocketCloseStatus status, params ErrorCode[] codes)
    {
        var goAway = await client.Tunnel.GoAwayAsync();
        Assert.Contains(goAway.Code, codes);
        await client.Tunnel.Ended.WithinAsync("the server's close frame");
        Assert.Equal(status, client.Tunnel.CloseStatus);
        await own.StillServesAnotherAsync();
    }

    /// <summary>A server that is sent nothing good.</summary>
    public sealed class OwnServer : IAsyncLifetime
    {
        private IskandarServer? _server;
        private Memory? _memory;

        public IskandarServer Server => _server ?? throw new InvalidOperationException("Not started.");

        /// <summary>Whatever one client does, another is served, and the server hasn't grown.</summary>
        public async Task StillServesAnotherAsync()
        {
            await using var another = await BinaryClient.ConnectAsync(Server);
            await another.StillServesAsync();
            _memory?.IsBounded();
        }

        public async ValueTask InitializeAsync()
        {
            _server = await IskandarServer.StartAsync();
            await StillServesAnotherAsync();
            _memory = new Memory(Server.Process);
        }

        public async ValueTask DisposeAsync() => await Server.DisposeAsync();
    }
}
