using System.Net.WebSockets;
using Iskandar.Protocol.Frames;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>How a message is cut into WebSocket fragments means nothing.</summary>
public sealed class FrameFragmentTests
{
    [Fact]
    public async Task Gateway_CutAtEveryByte_TheSameResponse()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        for (var cut = 0; ; cut++)
        {
            var (exchange, stream) = await stage.RequestAsync();
            using (exchange)
            {
                byte[] message = [
                    .. FrameBytes.Response(stream, 103), .. FrameBytes.Response(stream, 201, fields: ("Content-Type", "text/plain")),
                    .. FrameBytes.Data(stream, "some "), .. FrameBytes.Credit(stream, 5), .. FrameBytes.Data(stream, "content"), .. FrameBytes.Pong(9),
                    .. FrameBytes.Trailers(stream, ("a", "b")), .. FrameBytes.Reset(stream, ErrorCode.Done)];
                if (cut > message.Length)
                {
                    break;
                }

                await SendCutAsync(stage.Client, message, cut);

                Assert.True(await exchange.ReadHeadAsync().Within());
                Assert.Equal((201, "text/plain"), (exchange.Response.Status, exchange.Response.Fields.Find("content-type")));
                Assert.Equal("some content", await FrameGatewayStage.ReadAllAsync(exchange));
                Assert.Equal("b", exchange.Trailers.Find("a"));
            }
        }
    }

    [Fact]
    public async Task Client_CutAtEveryByte_TheSameRequest()
    {
        await using var stage = await FrameClientStage.StartAsync();
        for (var cut = 0; ; cut++)
        {
            var stream = (uint)cut + 1;
            byte[] message = [
                .. FrameBytes.Request(stream, end: false, "POST", "/target", fields: ("Content-Length", "12")), .. FrameBytes.Data(stream, "some "),
                .. FrameBytes.Credit(stream, 5), .. FrameBytes.Data(stream, "content"), .. FrameBytes.Pong(9), .. FrameBytes.Trailers(stream, ("a", "b"))];
            if (cut > message.Length)
            {
                break;
            }

            await SendCutAsync(stage.Server, message, cut);

            using var exchange = await stage.AcceptAsync();
            Assert.Equal(("/target", 12L), (exchange.Request.Target, exchange.ContentLength));
            Assert.Equal("some content", await FrameClientStage.ReadTextAsync(exchange));
            Assert.Equal("b", exchange.RequestTrailers.Find("a"));
        }
    }

    [Fact]
    public async Task Gateway_FragmentsOfOneByte_TheSameResponse()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        using (exchange)
        {
            byte[] message = [.. FrameBytes.Response(stream, fields: ("X-Long", new string('x', 5_000))), .. FrameBytes.Data(stream, new byte[1_000], end: true)];
            for (var i = 0; i < message.Length; i++)
            {
                await stage.Client.SendAsync(WebSocketMessageType.Binary, message.AsMemory(i, 1), endOfMessage: i == message.Length - 1);
            }

            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.Equal(1_000, (await FrameGatewayStage.ReadBytesAsync(exchange)).Length);
        }
    }

    [Fact]
    public async Task Gateway_ContentWhoseFrameHasNotEnded_ThereAtOnce()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.StreamingAsync();
        using (exchange)
        {
            var frame = FrameBytes.Data(stream, "first and second", end: true);
            await stage.Client.SendAsync(WebSocketMessageType.Binary, frame.AsMemory(..^6), endOfMessage: false);
            Assert.Equal("first and ", await FrameGatewayStage.ReadNextAsync(exchange));

            await stage.Client.SendAsync(WebSocketMessageType.Binary, frame.AsMemory(^6..));
            Assert.Equal("second", await FrameGatewayStage.ReadAllAsync(exchange));
        }
    }

    private static async Task SendCutAsync(FramePeer peer, byte[] message, int at)
    {
        await peer.SendAsync(WebSocketMessageType.Binary, message.AsMemory(..at), endOfMessage: false);
        await peer.SendAsync(WebSocketMessageType.Binary, message.AsMemory(at..));
    }
}
