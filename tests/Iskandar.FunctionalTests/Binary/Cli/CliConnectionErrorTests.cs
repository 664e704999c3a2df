using System.Net.WebSockets;
using System.Text;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary.Cli;

/// <summary>What ends a connection with the real client, which then opens another.</summary>
public class CliConnectionErrorTests
{
    private static readonly Dictionary<string, Fault> OfAServer = new()
    {
        ["RESPONSE"] = ConnectionFaults.Whole(Frame.Response(1, 200)),
        ["REQUEST over its limit"] = ConnectionFaults.Header(Numbers.LongestHead + 1, FrameType.Request, 2),
        ["REQUEST on stream 0"] = ConnectionFaults.Whole(Frame.Request(0, "GET", "/", fields: ("host", "abc.example.com"))),
        ["REQUEST on an open stream"] = ConnectionFaults.Whole(Frame.Request(1, "GET", "/", fields: ("host", "abc.example.com"))),
        ["REQUEST on a lower stream"] = ConnectionFaults.Whole(Frame.Request(0x8000_0002, "GET", "/", fields: ("host", "abc.example.com"))),
    };

    public static TheoryData<string> Faults => [.. ConnectionFaults.Names, .. OfAServer.Keys];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_Any_EndsTheConnectionAndTheClientComesBack(string name)
    {
        var fault = OfAServer.GetValueOrDefault(name) ?? ConnectionFaults.Of(name);

        await EndsAsync(tunnel => tunnel.SendBytesAsync(fault.Message, isWhole: fault.IsWhole), WebSocketCloseStatus.ProtocolError, fault.Codes);
    }

    [Fact]
    public Task TextMessage_EndsTheConnectionWith1003() => EndsAsync(
        static tunnel => tunnel.SendBytesAsync(Encoding.UTF8.GetBytes("{}"), WebSocketMessageType.Text),
        WebSocketCloseStatus.InvalidMessageType,
        ErrorCode.ProtocolError);

    [Theory]
    [InlineData("RESET of a stream that is over")]
    [InlineData("DATA without payload")]
    [InlineData("PONG nobody asked for")]
    public Task UselessFrames_FarMoreThanAllowed_EndTheConnection(string kind) => EndsAsync(
        async tunnel =>
        {
            var over = await tunnel.OpenAsync("GET", "/over", fields: ("host", "abc.example.com"));
            await over.ReadResponseAsync();
            var open = await tunnel.OpenAsync("POST", "/waiting", end: false, fields: ("host", "abc.example.com"));
            var frame = kind switch
            {
                "DATA without payload" => Frame.Data(open.Id, ""),
                "PONG nobody asked for" => Frame.Pong(new byte[8]),
                _ => Frame.Reset(over.Id, ErrorCode.Done),
            };
            await tunnel.TrySendAsync([.. Enumerable.Repeat(frame, 50_000)]);
        },
        WebSocketCloseStatus.ProtocolError,
        ErrorCode.ProtocolError);

    private static async Task EndsAsync(Func<BinaryConnection, Task> act, WebSocketCloseStatus status, params ErrorCode[] codes)
    {
        await using var origin = await TestOrigin.StartAsync();
        var arrived = new Gate();
        var aborted = new Gate();
        origin.Map("/waiting", async context =>
        {
            await using var registration = context.RequestAborted.Register(aborted.Open);
            arrived.Open();
            await aborted.PassAsync("the abort");
        });
        await using var server = await BinaryServer.StartAsync();
        await using var client = await IskandarClient.StartAsync(server.Url, origin.Authority);
        var tunnel = await server.AcceptAsync();
        await tunnel.OpenAsync("GET", "/waiting", fields: ("host", "abc.example.com"));
        await arrived.PassAsync("the request");

        await act(tunnel);

        Assert.Contains((await tunnel.GoAwayAsync()).Code, codes);
        await tunnel.Ended.WithinAsync("the client's close frame");
        Assert.Equal(status, tunnel.CloseStatus);
        await aborted.PassAsync("the abort of what was in flight");
        var again = await server.AcceptAsync();
        Assert.Equal("origin", (await again.ExchangeAsync("GET", "/", ("host", "abc.example.com"))).Text);
    }
}
