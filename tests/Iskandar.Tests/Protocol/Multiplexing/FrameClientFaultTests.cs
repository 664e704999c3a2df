using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>A server that breaks the rules, as docs/protocol.md says what becomes of it.</summary>
public sealed class FrameClientFaultTests
{
    // With an exchange on stream 5.
    private static readonly Dictionary<string, byte[]> ConnectionFaults = new()
    {
        ["an unknown type"] = FrameBytes.Claim(0, 0x0A, 0, 5),
        ["a type of the client's"] = FrameBytes.Response(5),
        ["a stream that was never opened"] = FrameBytes.Data(6, "x"),
        ["a reset of a stream that was never opened"] = FrameBytes.Reset(6, ErrorCode.Done),
        ["a request on a stream in use"] = FrameBytes.Request(5),
        ["a request on an earlier stream"] = FrameBytes.Request(4),
        ["a request on a stream far behind"] = FrameBytes.Request(0x8000_0005),
        ["a request of the connection itself"] = FrameBytes.Request(0),
        ["a stream in use again, once around"] = [.. FrameBytes.Request(0x7000_0000), .. FrameBytes.Request(0xE000_0000), .. FrameBytes.Request(5)],
        ["a ping on a stream"] = FrameBytes.Raw(FrameType.Ping, 0, 5, new byte[8]),
        ["credit too short"] = FrameBytes.Raw(FrameType.Credit, 0, 5, 0, 1, 0),
        ["a reset too short"] = FrameBytes.Raw(FrameType.Reset, 0, 5),
        ["a farewell too short"] = FrameBytes.Raw(FrameType.GoAway, 0, 0),
        ["a head that ends too early"] = FrameBytes.Claim(10, (byte)FrameType.Request, 0, 6, 1),
    };

    private static readonly Dictionary<string, (byte[] Frame, ErrorCode Code)> Requests = new()
    {
        ["no method"] = (FrameBytes.Raw(FrameType.Request, 1, 1), ErrorCode.RequestInvalid),
        ["a method beyond the table"] = (FrameBytes.Raw(FrameType.Request, 1, 1, 9, 1, (byte)'/'), ErrorCode.RequestInvalid),
        ["a method that is none"] = (FrameBytes.Request(1, true, "G T"), ErrorCode.RequestInvalid),
        ["no target"] = (FrameBytes.Raw(FrameType.Request, 1, 1, 1), ErrorCode.RequestInvalid),
        ["a target that is none"] = (FrameBytes.Request(1, true, "GET", "http://elsewhere/"), ErrorCode.RequestInvalid),
        ["a target with a space"] = (FrameBytes.Request(1, true, "GET", "/a b"), ErrorCode.RequestInvalid),
        ["an asterisk without OPTIONS"] = (FrameBytes.Request(1, true, "GET", "*"), ErrorCode.RequestInvalid),
        ["half a line"] = (FrameBytes.Raw(FrameType.Request, 1, 1, 1, 1, (byte)'/', 0x23, 9, (byte)'a'), ErrorCode.RequestInvalid),
        ["a size of eight bytes"] = (FrameBytes.Raw(FrameType.Request, 1, 1, 1, 0xC0, 0, 0, 0, 0, 0, 0, 1, (byte)'/'), ErrorCode.RequestInvalid),
        ["a field that HTTP doesn't allow"] = (FrameBytes.Request(1, fields: ("a:", "")), ErrorCode.RequestInvalid),
        ["a length that is none"] = (FrameBytes.Request(1, false, "POST", fields: ("Content-Length", "-1")), ErrorCode.RequestInvalid),
        ["two lengths"] = (FrameBytes.Request(1, false, "POST", fields: [("Content-Length", "1"), ("Content-Length", "2")]), ErrorCode.RequestInvalid),
        ["a length and no content"] = (FrameBytes.Request(1, true, "POST", fields: ("Content-Length", "1")), ErrorCode.RequestInvalid),
        ["too many lines"] = (FrameBytes.Request(1, fields: [.. Enumerable.Repeat(("a", ""), 1_001)]), ErrorCode.RequestInvalid),
    };

    // After a request with Content-Length: 3.
    private static readonly Dictionary<string, (byte[][] Frames, ErrorCode Code)> Contents = new()
    {
        ["more than its length"] = ([FrameBytes.Data(1, "1234")], ErrorCode.RequestInvalid),
        ["more than its length, in pieces"] = ([FrameBytes.Data(1, "123"), FrameBytes.Data(1, "4")], ErrorCode.RequestInvalid),
        ["less than its length"] = ([FrameBytes.Data(1, "12", end: true)], ErrorCode.RequestInvalid),
        ["less than its length, with trailers"] = ([FrameBytes.Data(1, "12"), FrameBytes.Trailers(1)], ErrorCode.RequestInvalid),
        ["content after the end"] = ([FrameBytes.Data(1, "123", end: true), FrameBytes.Data(1, "4")], ErrorCode.ProtocolError),
        ["a second end"] = ([FrameBytes.Data(1, "123", end: true), FrameBytes.Data(1, "", end: true)], ErrorCode.ProtocolError),
        ["trailers after the end"] = ([FrameBytes.Data(1, "123", end: true), FrameBytes.Trailers(1)], ErrorCode.ProtocolError),
        ["trailers twice"] = ([FrameBytes.Data(1, "123"), FrameBytes.Trailers(1), FrameBytes.Trailers(1)], ErrorCode.ProtocolError),
        ["trailers with half a line"] = ([FrameBytes.Data(1, "123"), FrameBytes.Raw(FrameType.Trailers, 0, 1, 0x1B)], ErrorCode.RequestInvalid),
    };

    public static TheoryData<string> ConnectionFaultNames => new(ConnectionFaults.Keys);

    public static TheoryData<string> RequestNames => new(Requests.Keys);

    public static TheoryData<string> ContentNames => new(Contents.Keys);

    [Theory]
    [MemberData(nameof(ConnectionFaultNames))]
    public async Task Connection_Broken_GoAwayAndClosed(string what)
    {
        await using var stage = await FrameClientStage.StartAsync();
        await stage.Server.SendAsync(FrameBytes.Request(5));
        var exchange = await stage.AcceptAsync();

        await stage.Server.SendAsync(ConnectionFaults[what]);

        Assert.Equal(ErrorCode.ProtocolError, await stage.Server.FaultAsync());
        Assert.NotEqual("", await stage.Running.Within());
        Assert.True(exchange.Cancelled.IsCancellationRequested);
    }

    [Fact]
    public async Task Connection_PayloadTooLong_NoticedFromTheHeader()
    {
        await using var stage = await FrameClientStage.StartAsync();

        await stage.Server.SendAsync(WebSocketMessageType.Binary, FrameBytes.Claim(131_073, (byte)FrameType.Request, 0, 1), endOfMessage: false);

        Assert.Equal(ErrorCode.FrameTooLong, await stage.Server.FaultAsync());
        await stage.Running.Within();
    }

    [Fact]
    public async Task Connection_TextMessage_ClosedWith1003()
    {
        await using var stage = await FrameClientStage.StartAsync();

        await stage.Server.SendAsync(WebSocketMessageType.Text, "{}"u8.ToArray());

        Assert.Equal(ErrorCode.ProtocolError, await stage.Server.FaultAsync(WebSocketCloseStatus.InvalidMessageType));
        await stage.Running.Within();
    }

    [Theory]
    [MemberData(nameof(RequestNames))]
    public async Task Request_Invalid_ResetAndNobodyToldOfIt(string what)
    {
        await using var stage = await FrameClientStage.StartAsync();

        await stage.Server.SendAsync(Requests[what].Frame);

        await stage.Server.ResetAsync(1, Requests[what].Code);

        // What was on its way.
        await stage.Server.SendAsync(FrameBytes.Data(1, "late", end: true), FrameBytes.Reset(1, ErrorCode.Done));
        await stage.StillServesAfterAsync(1);
    }

    [Theory]
    [MemberData(nameof(ContentNames))]
    public async Task Content_Invalid_ResetAndCancelled(string what)
    {
        await using var stage = await FrameClientStage.StartAsync();
        await stage.Server.SendAsync(FrameBytes.Request(1, false, "POST", fields: ("Content-Length", "3")));
        var exchange = await stage.AcceptAsync();

        await stage.Server.SendAsync(Contents[what].Frames);

        await stage.Server.ResetAsync(1, Contents[what].Code);
        Assert.True(exchange.Cancelled.IsCancellationRequested);
        await FrameClientStage.HeadAsync(exchange, end: true);
        exchange.Dispose();
        await stage.StillServesAfterAsync(1);
    }

    [Fact]
    public async Task Content_OfARequestWithout_StreamError()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();

        await stage.Server.SendAsync(FrameBytes.Data(stream, "x"));

        await stage.Server.ResetAsync(stream, ErrorCode.ProtocolError);
        Assert.True(exchange.Cancelled.IsCancellationRequested);
    }

    [Theory]
    [InlineData("over")]
    [InlineData("empty")]
    [InlineData("pong")]
    [InlineData("credit")]
    public async Task Flood_OfFramesWithoutAUse_ConnectionError(string kind)
    {
        await using var stage = await FrameClientStage.StartAsync();
        await stage.StillServesAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        await FrameClientStage.HeadAsync(exchange, end: true);
        var frame = kind switch
        {
            "over" => FrameBytes.Data(1, ""),
            "empty" => FrameBytes.Data(stream, ""),
            "credit" => FrameBytes.Credit(stream, 1),
            _ => FrameBytes.Pong(17),
        };

        await stage.Server.SendAsync([.. Enumerable.Repeat(frame, 10_000)]);

        Assert.Equal(ErrorCode.ProtocolError, await stage.Server.FaultAsync());
        Assert.Contains("without a use", await stage.Running.Within(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_OpenedAndResetQuickly_NoMoreAtWorkThanAllowed()
    {
        await using var stage = await FrameClientStage.StartAsync(static time => new ClientConnectionOptions { TimeProvider = time, MaxExchanges = 10 });
        var frames = new List<byte[]>();
        for (var stream = 1u; stream <= 100; stream++)
        {
            frames.Add(FrameBytes.Request(stream));
            frames.Add(FrameBytes.Reset(stream, ErrorCode.Done));
        }

        await stage.Server.SendAsync([.. frames]);

        for (var stream = 11u; stream <= 100; stream++)
        {
            await stage.Server.ResetAsync(stream, ErrorCode.TunnelBusy);
        }

        Assert.Equal(10, stage.Pending);
        for (var i = 0; i < 10; i++)
        {
            using var exchange = await stage.AcceptAsync();
            Assert.True(exchange.Cancelled.IsCancellationRequested);
        }

        await stage.StillServesAfterAsync(100);
    }
}
