using System.Net.WebSockets;
using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>A client that breaks the rules, as docs/protocol.md says what becomes of it.</summary>
public sealed class FrameGatewayFaultTests
{
    // With a request on stream 1, and a response under way on stream 2.
    private static readonly Dictionary<string, byte[]> ConnectionFaults = new()
    {
        ["an unknown type"] = FrameBytes.Claim(0, 0x08, 0, 1),
        ["a type of the server's"] = FrameBytes.Request(5),
        ["a stream that was never opened"] = FrameBytes.Data(3, "x"),
        ["credit for a stream that was never opened"] = FrameBytes.Credit(3, 1),
        ["a head for a stream that was never opened"] = FrameBytes.Response(1_000),
        ["a reset of a stream that was never opened"] = FrameBytes.Reset(3, ErrorCode.Done),
        ["content of the connection itself"] = FrameBytes.Data(0, "x"),
        ["a ping on a stream"] = FrameBytes.Raw(FrameType.Ping, 0, 1, new byte[8]),
        ["a farewell on a stream"] = FrameBytes.Raw(FrameType.GoAway, 0, 1, new byte[6]),
        ["credit too short"] = FrameBytes.Raw(FrameType.Credit, 0, 1, 0, 1, 0),
        ["a reset too short"] = FrameBytes.Raw(FrameType.Reset, 0, 1, 0),
        ["a ping too short"] = FrameBytes.Raw(FrameType.Ping, 0, 0, new byte[7]),
        ["a pong too short"] = FrameBytes.Raw(FrameType.Pong, 0, 0),
        ["a farewell too short"] = FrameBytes.Raw(FrameType.GoAway, 0, 0, new byte[5]),
        ["a header that ends too early"] = [0, 0, 0, 0],
        ["a head that ends too early"] = FrameBytes.Claim(10, (byte)FrameType.Response, 0, 1, 0, 200),
        ["content that ends too early"] = FrameBytes.Claim(10, (byte)FrameType.Data, 0, 2, 1, 2, 3),
        ["content that doesn't begin"] = FrameBytes.Claim(10, (byte)FrameType.Data, 0, 2),
    };

    private static readonly Dictionary<string, byte[]> TooLong = new()
    {
        ["content"] = FrameBytes.Claim(65_537, (byte)FrameType.Data, 0, 1),
        ["a head"] = FrameBytes.Claim(131_073, (byte)FrameType.Response, 0, 1),
        ["trailers"] = FrameBytes.Claim(131_073, (byte)FrameType.Trailers, 0, 1),
        ["credit"] = FrameBytes.Claim(5, (byte)FrameType.Credit, 0, 1),
        ["a reset"] = FrameBytes.Claim(3, (byte)FrameType.Reset, 0, 1),
        ["a ping"] = FrameBytes.Claim(9, (byte)FrameType.Ping, 0, 0),
        ["a pong"] = FrameBytes.Claim(9, (byte)FrameType.Pong, 0, 0),
        ["a farewell"] = FrameBytes.Claim(1_025, (byte)FrameType.GoAway, 0, 0),
        ["as long as can be"] = FrameBytes.Claim(0xFFFFFF, (byte)FrameType.Data, 0, 1),
    };

    private static readonly Dictionary<string, (byte[] Frame, ErrorCode Code, ExchangeError Error)> BeforeTheHead = new()
    {
        ["content"] = (FrameBytes.Data(1, "x"), ErrorCode.ProtocolError, ExchangeError.ResponseInvalid),
        ["the end"] = (FrameBytes.Data(1, "", end: true), ErrorCode.ProtocolError, ExchangeError.ResponseInvalid),
        ["trailers"] = (FrameBytes.Trailers(1), ErrorCode.ProtocolError, ExchangeError.ResponseInvalid),
        ["an informational head that ends"] = (FrameBytes.Response(1, 103, end: true), ErrorCode.ProtocolError, ExchangeError.ResponseInvalid),
        ["a change of protocol nobody asked for"] = (FrameBytes.Response(1, 101), ErrorCode.ResponseInvalid, ExchangeError.ResponseInvalid),
        ["a status below 100"] = (FrameBytes.Response(1, 99), ErrorCode.ResponseInvalid, ExchangeError.ResponseInvalid),
        ["a status above 599"] = (FrameBytes.Response(1, 600), ErrorCode.ResponseInvalid, ExchangeError.ResponseInvalid),
        ["half a status"] = (FrameBytes.Raw(FrameType.Response, 0, 1, 0), ErrorCode.ResponseInvalid, ExchangeError.ResponseInvalid),
        ["half a line"] = (FrameBytes.Raw(FrameType.Response, 0, 1, 0, 200, 0x1B, 10, (byte)'t'), ErrorCode.ResponseInvalid, ExchangeError.ResponseInvalid),
        ["a name beyond the table"] = (FrameBytes.Raw(FrameType.Response, 0, 1, 0, 200, 0xFF, 0), ErrorCode.ResponseInvalid, ExchangeError.ResponseInvalid),
        ["a field that HTTP doesn't allow"] = (FrameBytes.Response(1, 200, false, ("a b", "")), ErrorCode.ResponseInvalid, ExchangeError.ResponseInvalid),
        ["a line break in a value"] = (FrameBytes.Response(1, 200, false, ("a", "b\r\nc: d")), ErrorCode.ResponseInvalid, ExchangeError.ResponseInvalid),
        ["too many lines"] = (
            FrameBytes.Response(1, 200, false, [.. Enumerable.Repeat(("a", ""), 1_001)]), ErrorCode.ResponseInvalid, ExchangeError.ResponseInvalid),
        ["lines over the limit"] = (
            FrameBytes.Response(1, 200, false, ("a", new string('x', 65_536))), ErrorCode.HeadTooLarge, ExchangeError.ResponseHeadTooLarge),
    };

    private static readonly Dictionary<string, (byte[] Frame, ErrorCode Code)> AfterTheHead = new()
    {
        ["a second head"] = (FrameBytes.Response(1), ErrorCode.ProtocolError),
        ["an informational head"] = (FrameBytes.Response(1, 103), ErrorCode.ProtocolError),
        ["trailers with half a line"] = (FrameBytes.Raw(FrameType.Trailers, 0, 1, 0x1B), ErrorCode.ResponseInvalid),
        ["trailers over the limit"] = (FrameBytes.Trailers(1, ("a", new string('x', 65_536))), ErrorCode.HeadTooLarge),
    };

    private static readonly Dictionary<string, byte[]> AfterTheEnd = new()
    {
        ["a second head"] = FrameBytes.Response(1),
        ["content"] = FrameBytes.Data(1, "x"),
        ["another end"] = FrameBytes.Data(1, "", end: true),
        ["trailers"] = FrameBytes.Trailers(1),
    };

    public static TheoryData<string> ConnectionFaultNames => new(ConnectionFaults.Keys);

    public static TheoryData<string> TooLongNames => new(TooLong.Keys);

    public static TheoryData<string> BeforeTheHeadNames => new(BeforeTheHead.Keys);

    public static TheoryData<string> AfterTheHeadNames => new(AfterTheHead.Keys);

    public static TheoryData<string> AfterTheEndNames => new(AfterTheEnd.Keys);

    [Theory]
    [MemberData(nameof(ConnectionFaultNames))]
    public async Task Connection_Broken_GoAwayAndClosed(string what)
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (waiting, _) = await stage.RequestAsync(end: false);
        var (exchange, _) = await stage.StreamingAsync();
        using (waiting)
        using (exchange)
        {
            await stage.Client.SendAsync(ConnectionFaults[what]);

            Assert.Equal(ErrorCode.ProtocolError, await stage.Client.FaultAsync());
            Assert.NotEqual("", await stage.Running.Within());
            Assert.False(await waiting.ReadHeadAsync().Within());
            Assert.Equal(ExchangeError.TunnelLost, waiting.Error);
            Assert.Equal(ExchangeError.TunnelLost, exchange.Error);
            Assert.Equal(ExchangeError.TunnelLost, stage.Connection.TryOpen(out _));
        }
    }

    [Theory]
    [MemberData(nameof(TooLongNames))]
    public async Task Connection_PayloadTooLong_NoticedFromTheHeader(string what)
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, _) = await stage.StreamingAsync();
        using (exchange)
        {
            await stage.Client.SendAsync(WebSocketMessageType.Binary, TooLong[what], endOfMessage: false);

            Assert.Equal(ErrorCode.FrameTooLong, await stage.Client.FaultAsync());
            await stage.Running.Within();
            Assert.Equal(ExchangeError.TunnelLost, exchange.Error);
        }
    }

    [Fact]
    public async Task Connection_TextMessage_ClosedWith1003()
    {
        await using var stage = await FrameGatewayStage.StartAsync();

        await stage.Client.SendAsync(WebSocketMessageType.Text, FrameBytes.Ping(1));

        Assert.Equal(ErrorCode.ProtocolError, await stage.Client.FaultAsync(WebSocketCloseStatus.InvalidMessageType));
        await stage.Running.Within();
    }

    [Fact]
    public async Task Connection_PeerDoesNotAnswerTheClose_AbortedAfterAWhile()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        await stage.Client.SendAsync(ConnectionFaults["an unknown type"]);
        await stage.Client.NextAsync(FrameType.GoAway);
        Assert.Equal(WebSocketCloseStatus.ProtocolError, await stage.Client.CloseFrameAsync());
        Assert.False(stage.Running.IsCompleted);

        stage.Time.Advance(TimeSpan.FromSeconds(2));

        await stage.Running.Within();
    }

    [Fact]
    public async Task Connection_Broken_WhatCameBeforeStillCounts()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.SendAsync(FrameBytes.Response(stream), FrameBytes.Data(stream, "all", end: true), FrameBytes.Data(99, "x"));

            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.Equal("all", await FrameGatewayStage.ReadAllAsync(exchange));
            Assert.Equal(ErrorCode.ProtocolError, await stage.Client.FaultAsync());
            await stage.Running.Within();
            Assert.Equal(ExchangeError.None, exchange.Error);
        }
    }

    [Theory]
    [MemberData(nameof(BeforeTheHeadNames))]
    public async Task Stream_BrokenBeforeTheHead_ResetAndOthersGoOn(string what)
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        using (exchange)
        {
            await stage.Client.SendAsync(BeforeTheHead[what].Frame);

            await stage.Client.ResetAsync(stream, BeforeTheHead[what].Code);
            Assert.False(await exchange.ReadHeadAsync().Within());
            Assert.Equal(BeforeTheHead[what].Error, exchange.Error);
            Assert.Equal(BeforeTheHead[what].Error, await FrameGatewayStage.SendAsync(exchange, [1]));

            // What was on its way.
            await stage.Client.SendAsync(FrameBytes.Response(stream), FrameBytes.Data(stream, "late", end: true), FrameBytes.Credit(stream, 0));
        }

        await stage.Client.SendAsync(FrameBytes.Data(stream, "later"), FrameBytes.Reset(stream, ErrorCode.Done));
        await stage.StillServesAsync();
    }

    [Theory]
    [MemberData(nameof(AfterTheHeadNames))]
    public async Task Stream_BrokenAfterTheHead_TheContentBreaksOff(string what)
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.StreamingAsync();
        using (exchange)
        {
            await stage.Client.SendAsync(FrameBytes.Data(stream, "part"), AfterTheHead[what].Frame);

            await stage.Client.ResetAsync(stream, AfterTheHead[what].Code);
            Assert.Equal("part", await FrameGatewayStage.ReadAllAsync(exchange));
            Assert.NotEqual(ExchangeError.None, exchange.Error);
        }

        await stage.StillServesAsync();
    }

    [Theory]
    [MemberData(nameof(AfterTheEndNames))]
    public async Task Stream_MoreAfterTheEnd_StreamError(string what)
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.StreamingAsync(endOfRequest: false);
        using (exchange)
        {
            await stage.Client.SendAsync(FrameBytes.Data(stream, "all", end: true), AfterTheEnd[what]);

            await stage.Client.ResetAsync(stream, ErrorCode.ProtocolError);
            Assert.Equal(ExchangeError.ResponseInvalid, exchange.Error);
        }

        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Stream_TrailersOfAnUpgradedConnection_StreamError()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false, upgrade: true);
        using (exchange)
        {
            await stage.Client.SendAsync(FrameBytes.Response(stream, 101), FrameBytes.Trailers(stream));

            await stage.Client.ResetAsync(stream, ErrorCode.ProtocolError);
            Assert.Equal(ExchangeError.ResponseInvalid, exchange.Error);
        }
    }

    [Fact]
    public async Task Stream_Over_LateFramesIgnored()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        exchange.Dispose();
        await stage.Client.ResetAsync(stream, ErrorCode.Done);

        await stage.Client.SendAsync(
            FrameBytes.Response(stream), FrameBytes.Data(stream, "late"), FrameBytes.Credit(stream, 5), FrameBytes.Trailers(stream), FrameBytes.Reset(stream, ErrorCode.OriginFailed));

        await stage.StillServesAsync();
    }

    [Theory]
    [InlineData("over")]
    [InlineData("empty")]
    [InlineData("pong")]
    [InlineData("credit")]
    public async Task Flood_OfFramesWithoutAUse_ConnectionError(string kind)
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (over, overStream) = await stage.RequestAsync();
        over.Dispose();
        await stage.Client.ResetAsync(overStream, ErrorCode.Done);
        var (exchange, stream) = await stage.StreamingAsync();
        using (exchange)
        {
            var frame = kind switch
            {
                "over" => FrameBytes.Data(overStream, ""),
                "empty" => FrameBytes.Data(stream, ""),
                "credit" => FrameBytes.Credit(stream, 1),
                _ => FrameBytes.Pong(17),
            };
            var flood = Enumerable.Repeat(frame, 5_000).ToArray();

            // So many in two seconds are none.
            await stage.Client.SendAsync(flood);
            await stage.StillServesAsync();
            stage.Time.Advance(TimeSpan.FromSeconds(1));
            await stage.Client.SendAsync(flood);
            await stage.StillServesAsync();

            await stage.Client.SendAsync(flood);
            await stage.Client.SendAsync(flood);

            Assert.Equal(ErrorCode.ProtocolError, await stage.Client.FaultAsync());
            Assert.Contains("without a use", await stage.Running.Within(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Flood_OfPingsWhoseAnswersNobodyReads_ConnectionError()
    {
        await using var stage = await FrameGatewayStage.StartAsync(capacity: 64 * 1024);
        var (exchange, _) = await stage.RequestAsync();
        var failed = FrameGatewayStage.FailedAsync(exchange);
        var pings = Enumerable.Range(0, 1_000).Select(static i => FrameBytes.Ping((ulong)i)).ToArray();
        var sending = Task.Run(
            async () =>
            {
                for (var i = 0; i < 100; i++)
                {
                    await stage.Client.SendAsync(pings);
                }

                // Whatever the server thinks of it, this test ends.
                await stage.Client.CloseAsync();
            },
            Bounded.Token);

        await Task.WhenAny(sending, failed).Within();
        var frame = await stage.Client.FrameAsync();
        while (frame.Type == FrameType.Pong)
        {
            frame = await stage.Client.FrameAsync();
        }

        Assert.Equal((FrameType.GoAway, ErrorCode.ProtocolError), (frame.Type, frame.GoAway.Code));
        await sending.Within();
        exchange.Dispose();
    }

    [Fact]
    public async Task Reason_FromTheClient_NothingInItControlsATerminal()
    {
        await using var stage = await FrameGatewayStage.StartAsync();

        await stage.Client.SendAsync(FrameBytes.GoAway(0, ErrorCode.TunnelClosing, "bye\n\u001b[31mforged"));
        await stage.Client.CloseAsync();

        var reason = await stage.Running.Within();
        Assert.Contains("bye", reason, StringComparison.Ordinal);
        Assert.DoesNotContain(reason, char.IsControl);
    }

    [Fact]
    public async Task Reason_OfTheClientsCloseFrame_NothingInItControlsATerminal()
    {
        await using var stage = await FrameGatewayStage.StartAsync();

        await stage.Client.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye\n\u001b[31mforged");

        var reason = await stage.Running.Within();
        Assert.Contains("bye", reason, StringComparison.Ordinal);
        Assert.DoesNotContain(reason, char.IsControl);
    }

    [Fact]
    public async Task Message_WithoutAnyFrame_Nothing()
    {
        await using var stage = await FrameGatewayStage.StartAsync();

        await stage.Client.SendAsync(WebSocketMessageType.Binary, Encoding.UTF8.GetBytes(""));

        await stage.StillServesAsync();
    }
}
