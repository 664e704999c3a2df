using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>Whatever frames a peer sends, a connection goes on or ends with a reason, at once, and nothing is left behind.</summary>
public sealed class FrameConnectionFuzzTests
{
    private const int Messages = 1_000;
    private const ulong Mark = 0xABCDEF;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Gateway_MutatedFrames_GoesOnOrSaysWhyNot(int seed)
    {
        var random = new Random(seed);
        var budget = new ByteBudget(1_000_000);
        var (sent, ended) = (0, 0);
        while (sent < Messages)
        {
            await using var stage = await FrameGatewayStage.StartAsync(time => new GatewayConnectionOptions { TimeProvider = time, Budget = budget, MaxFields = 1_000 });
            var goesOn = true;
            while (goesOn && sent < Messages)
            {
                using var exchange = stage.Open();
                exchange.SendHead(endOfRequest: random.Next(2) == 0, upgrade: random.Next(4) == 0);
                var stream = (await stage.Client.NextAsync(FrameType.Request)).Stream;
                for (var i = random.Next(1, 6); i > 0 && goesOn; i--, sent++)
                {
                    await stage.Client.SendAsync(WebSocketMessageType.Binary, Mutated(random, stream, fromServer: false));
                    goesOn = await GoesOnAsync(stage.Client);
                    if (exchange.Content.TryRead(out var read))
                    {
                        var length = read.Buffer.Length;
                        exchange.Content.AdvanceTo(read.Buffer.End);
                        exchange.Consumed(length);
                    }
                }

                if (!goesOn)
                {
                    ended++;
                    Assert.NotEqual("", await stage.Running.Within());
                    Assert.False(exchange.Error == ExchangeError.None && exchange.Content.TryRead(out var read) && !read.IsCompleted, "It is over for everybody.");
                }
            }

            Assert.Equal(0, stage.Connection.ActiveExchanges);
            Assert.Equal(0, budget.Taken);
        }

        Assert.True(ended > 10, "Some are bad enough.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Client_MutatedFrames_GoesOnOrSaysWhyNot(int seed)
    {
        var random = new Random(seed);
        var (sent, ended, answered) = (0, 0, 0);
        while (sent < Messages)
        {
            await using var stage = await FrameClientStage.StartAsync();
            var goesOn = true;
            for (var stream = 1u; goesOn && sent < Messages; sent++)
            {
                await stage.Server.SendAsync(WebSocketMessageType.Binary, Mutated(random, stream, fromServer: true));
                goesOn = await GoesOnAsync(stage.Server);
                if (random.Next(3) == 0)
                {
                    stream++;
                }

                while (stage.Pending > 0)
                {
                    answered++;
                    var exchange = await stage.AcceptAsync();
                    await FrameClientStage.HeadAsync(exchange, end: random.Next(2) == 0);
                    if (random.Next(2) == 0)
                    {
                        exchange.Dispose();
                    }
                }
            }

            if (!goesOn)
            {
                ended++;
                Assert.NotEqual("", await stage.Running.Within());
            }

            stage.DisposeAccepted();
            Assert.Equal(0, stage.Taken);
        }

        Assert.True(ended > 10 && answered > 100, "Some are bad enough, and some are not.");
    }

    // Answers come as long as it goes on; else it says why.
    private static async Task<bool> GoesOnAsync(FramePeer peer)
    {
        await peer.SendAsync(FrameBytes.Ping(Mark));
        while (true)
        {
            var frame = await peer.AnyFrameAsync();
            if (frame.Type == FrameType.Pong && frame.Opaque == Mark)
            {
                return true;
            }

            if (frame.Type == FrameType.GoAway)
            {
                Assert.NotEqual("", frame.GoAway.Reason);
                await peer.CloseFrameAsync();
                await peer.CloseAsync(WebSocketCloseStatus.ProtocolError);
                return false;
            }
        }
    }

    private static byte[] Mutated(Random random, uint stream, bool fromServer)
    {
        var bytes = new List<byte>();
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            var frame = Frame(random, stream, fromServer);
            switch (random.Next(12))
            {
                case 0:
                    frame[random.Next(frame.Length)] = (byte)random.Next(256);
                    break;
                case 1:
                    frame[random.Next(frame.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 2 when frame.Length > FrameHeader.Size:
                    frame[random.Next(FrameHeader.Size, frame.Length)] = (byte)random.Next(256);
                    break;
                case 3:
                    frame[4] = (byte)random.Next(8);
                    break;
                case 4 when random.Next(5) == 0:
                    frame = frame[..random.Next(frame.Length)];
                    break;
                case 5 when random.Next(5) == 0:
                    random.NextBytes(frame);
                    break;
            }

            bytes.AddRange(frame);
        }

        return [.. bytes];
    }

    private static byte[] Frame(Random random, uint stream, bool fromServer) => random.Next(10) switch
    {
        0 or 1 when fromServer => FrameBytes.Request(stream, random.Next(2) == 0, "POST", "/a", random.Next(4) == 0, ("Content-Length", "5"), ("X-A", "b")),
        2 when fromServer => FrameBytes.Request(stream, random.Next(2) == 0),
        0 or 1 => FrameBytes.Response(stream, random.Next(90, 620), random.Next(4) == 0, ("Content-Type", "text/plain"), ("X-A", new string('b', random.Next(1_200)))),
        2 => FrameBytes.Response(stream),
        3 or 4 => FrameBytes.Data(stream, new byte[random.Next(4) == 0 ? random.Next(FrameLimits.Data) : random.Next(6)], random.Next(4) == 0),
        5 => FrameBytes.Trailers(stream, ("a", "b")),
        6 => FrameBytes.Credit(stream, random.Next(3) == 0 ? (uint)random.NextInt64(uint.MaxValue) : (uint)random.Next(100)),
        7 => FrameBytes.Reset(stream, (ErrorCode)random.Next(20)),
        8 => FrameBytes.Pong((ulong)random.Next(3)),
        _ => FrameBytes.Data(stream, "hello"),
    };
}
