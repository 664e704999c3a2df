using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Tests.Infrastructure;
using Iskandar.Tests.Protocol.Multiplexing;

namespace Iskandar.Tests.Protocol.Link;

/// <summary>The server's end of a link, against a client by hand.</summary>
public sealed class LinkGatewayTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Resume_AfterALoss_WhatTheClientHasntReceivedComesAgain(bool isReceived)
    {
        var (stage, client, secret) = await LinkStage.StartAsync();
        await using (stage)
        {
            using var exchange = stage.Send("/first");
            var request = await client.FrameAsync(FrameType.Request);
            await stage.LoseAsync(client);
            Assert.True(stage.IsDetached);
            using var parked = stage.Send("/parked");

            var (resumed, registration) = await stage.ResumeAsync(secret, isReceived ? FrameHeader.Size + request.Payload.Length : 0);

            Assert.NotEqual(secret, (string)registration["resume"]!);
            Assert.Equal((0, 60), ((long)registration["received"]!, (int)registration["keep"]!));
            var targets = isReceived ? (string[])["/parked"] : ["/first", "/parked"];
            foreach (var target in targets)
            {
                Assert.Equal(target, (await resumed.FrameAsync(FrameType.Request)).Request.Target);
            }

            await resumed.SendAsync(FrameBytes.Response(1, end: true), FrameBytes.Response(2, status: 204, end: true));
            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.True(await parked.ReadHeadAsync().Within());
            Assert.Equal((200, 204), (exchange.Response.Status, parked.Response.Status));
        }
    }

    [Fact]
    public async Task Resume_AFrameWasHalfReceived_GoesOnInTheMiddle()
    {
        var (stage, client, secret) = await LinkStage.StartAsync();
        await using (stage)
        {
            using var exchange = stage.Send("/");
            await client.FrameAsync(FrameType.Request);
            byte[] answer = [.. FrameBytes.Response(1, 200, false, ("a", "b")), .. FrameBytes.Data(1, "hello", end: true)];
            await client.SendAsync(WebSocketMessageType.Binary, answer.AsMemory(0, 7), endOfMessage: false);
            await Bounded.UntilAsync(() => stage.Connection.Received == 7, "a part has come");
            await stage.LoseAsync(client);

            var (resumed, registration) = await stage.ResumeAsync(secret);

            Assert.Equal(7, (long)registration["received"]!);
            await resumed.SendAsync(answer[7..]);
            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.Equal("hello", await FrameGatewayStage.ReadAllAsync(exchange));
        }
    }

    [Fact]
    public async Task CheckResume_ForgedOrReplayed_Gone()
    {
        var (stage, client, first) = await LinkStage.StartAsync();
        await using (stage)
        {
            Assert.Equal(ResumeVerdict.Gone, stage.Connection.CheckResume("", 0));
            Assert.Equal(ResumeVerdict.Gone, stage.Connection.CheckResume(new string('A', 22), 0));
            Assert.Equal(ResumeVerdict.Gone, stage.Connection.CheckResume(first + "A", 0));
            await stage.LoseAsync(client);
            var (resumed, registration) = await stage.ResumeAsync(first);
            var second = (string)registration["resume"]!;
            Assert.Equal(ResumeVerdict.Granted, stage.Connection.CheckResume(first, 0));

            await resumed.SendAsync(FrameBytes.Ping(1));
            await resumed.FrameAsync(FrameType.Pong);

            Assert.Equal(ResumeVerdict.Gone, stage.Connection.CheckResume(first, 0));
            Assert.Equal(ResumeVerdict.Granted, stage.Connection.CheckResume(second, 0));
        }
    }

    [Fact]
    public async Task CheckResume_OffsetsThatCantBe_Invalid()
    {
        var (stage, client, secret) = await LinkStage.StartAsync();
        await using (stage)
        {
            using var exchange = stage.Send("/");
            var request = await client.FrameAsync(FrameType.Request);
            var length = FrameHeader.Size + request.Payload.Length;
            await client.SendAsync(LinkStage.Ack(5), FrameBytes.Ping(1));
            await client.FrameAsync(FrameType.Pong);
            length += FrameHeader.Size + PingFrame.Length;
            await stage.LoseAsync(client);
            using var parked = stage.Send("/");

            foreach (var offset in (long[])[0, 4, length + 1, long.MaxValue, -1])
            {
                Assert.Equal(ResumeVerdict.OffsetInvalid, stage.Connection.CheckResume(secret, offset));
            }

            Assert.Equal(ResumeVerdict.Granted, stage.Connection.CheckResume(secret, 5));
            Assert.Equal(ResumeVerdict.Granted, stage.Connection.CheckResume(secret, length));

            // Also one that gets past the handshake, for that was before: it changes nothing.
            stage.Dial(secret, 4);
            await stage.Running.Within();
            Assert.True(stage.IsDetached);
            await stage.ResumeAsync(secret, 5);
        }
    }

    [Fact]
    public async Task Ack_ForMoreThanWasSent_ConnectionError()
    {
        var (stage, client, _) = await LinkStage.StartAsync();
        await using (stage)
        {
            await client.SendAsync(LinkStage.Ack(1));

            Assert.Equal(ErrorCode.ProtocolError, await client.FaultAsync());
            await stage.PassAsync(stage.Running);
            Assert.True(stage.Connection.IsOver);
        }
    }

    [Fact]
    public async Task Ack_WithoutALink_ConnectionError()
    {
        await using var stage = await FrameGatewayStage.StartAsync();

        await stage.Client.SendAsync(LinkStage.Ack(0));

        Assert.Equal(ErrorCode.ProtocolError, await stage.Client.FaultAsync());
    }

    [Fact]
    public async Task Ack_LowerThanOneBefore_Ignored()
    {
        var (stage, client, secret) = await LinkStage.StartAsync();
        await using (stage)
        {
            using var exchange = stage.Send("/");
            await client.FrameAsync(FrameType.Request);
            await client.SendAsync(LinkStage.Ack(9), LinkStage.Ack(3), FrameBytes.Ping(1));
            await client.FrameAsync(FrameType.Pong);

            Assert.Equal(ResumeVerdict.OffsetInvalid, stage.Connection.CheckResume(secret, 8));
            Assert.Equal(ResumeVerdict.Granted, stage.Connection.CheckResume(secret, 9));
        }
    }

    [Fact]
    public async Task Resume_TheOlderConnectionIsHalfOpen_ItEndsAndTheExchangeGoesOn()
    {
        var (stage, client, secret) = await LinkStage.StartAsync();
        await using (stage)
        {
            using var exchange = stage.Send("/");
            await client.FrameAsync(FrameType.Request);
            var older = stage.Running;

            var (resumed, _) = await stage.ResumeAsync(secret);

            Assert.Equal("another connection goes on with the link", await older.Within());
            await resumed.FrameAsync(FrameType.Request);
            await resumed.SendAsync(FrameBytes.Response(1, end: true));
            Assert.True(await exchange.ReadHeadAsync().Within());
        }
    }

    [Fact]
    public async Task Resume_ManyAtOnce_OneHasItAndTheLinkIsWhole()
    {
        var (stage, client, secret) = await LinkStage.StartAsync();
        await using (stage)
        {
            using var exchange = stage.Send("/");
            await client.FrameAsync(FrameType.Request);
            await stage.LoseAsync(client);
            var dialled = Enumerable.Range(0, 5).Select(_ => stage.Dial(secret)).ToArray();

            // The last one, for it displaces the others; each of them was told of a secret, or broken off.
            await dialled[^1].TextAsync();
            await dialled[^1].FrameAsync(FrameType.Request);
            await dialled[^1].SendAsync(FrameBytes.Response(1, end: true));

            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.False(stage.Running.IsCompleted);
        }
    }

    [Fact]
    public async Task Resume_TheSecretIsVoidByNow_ThePresentConnectionIsLeftAlone()
    {
        var (stage, client, first) = await LinkStage.StartAsync();
        await using (stage)
        {
            await stage.LoseAsync(client);
            var (resumed, _) = await stage.ResumeAsync(first);
            var running = stage.Running;
            await resumed.SendAsync(FrameBytes.Ping(1));
            await resumed.FrameAsync(FrameType.Pong);

            // Its handshake was granted before.
            stage.Dial(first);
            Assert.Equal("somebody else has resumed the link", await stage.Running.Within());

            Assert.False(running.IsCompleted);
            await resumed.SendAsync(FrameBytes.Ping(2));
            Assert.Equal(2UL, (await resumed.FrameAsync(FrameType.Pong)).Opaque);
        }
    }

    [Fact]
    public async Task Resume_AnAttemptComesLate_TheClientCanStillResume()
    {
        var (stage, client, first) = await LinkStage.StartAsync();
        await using (stage)
        {
            await stage.LoseAsync(client);
            var (_, registration) = await stage.ResumeAsync(first);

            // The client has given this attempt up long ago, and hears nothing of it.
            await stage.ResumeAsync(first);
            Assert.Equal(ResumeVerdict.Granted, stage.Connection.CheckResume((string)registration["resume"]!, 0));
        }
    }

    [Fact]
    public async Task Fault_AHeadIsStillToBeSent_SentOrUnsentButNotBoth()
    {
        await using var stage = await FrameGatewayStage.StartAsync(capacity: 4096);
        var (stuck, _) = await stage.RequestAsync(end: false);
        var content = FrameGatewayStage.SendAsync(stuck, new byte[100_000]);
        await stage.Client.ByteAsync();
        var waiting = stage.Open();
        waiting.Request.Target = "/waiting";
        waiting.SendHead(endOfRequest: true, upgrade: false);

        await stage.Client.SendAsync(FrameBytes.Response(99));
        Assert.False(await waiting.ReadHeadAsync().Within());
        var came = false;
        ReceivedFrame frame;
        do
        {
            frame = await stage.Client.AnyFrameAsync();
            came |= frame.Type == FrameType.Request && frame.Request.Target == "/waiting";
        }
        while (frame.Type != FrameType.GoAway);

        Assert.Equal((ExchangeError.TunnelLost, !came), (waiting.Error, waiting.IsUnsent));
        Assert.False(came);
        stuck.Dispose();
        waiting.Dispose();
        await content.Within();
    }

    [Fact]
    public async Task Silence_PingAfterTenSecondsAndDetachedAfterFifteen()
    {
        var (stage, client, _) = await LinkStage.StartAsync();
        await using (stage)
        {
            for (var second = 1; second < 15; second++)
            {
                stage.Time.Advance(TimeSpan.FromSeconds(1));
                stage.Connection.EnforceDeadlines();
                if (second == 10)
                {
                    Assert.Equal(FrameType.Ping, (await client.AnyFrameAsync()).Type);
                }

                Assert.False(stage.Running.IsCompleted, $"After {second} s.");
            }

            stage.Time.Advance(TimeSpan.FromSeconds(1));
            stage.Connection.EnforceDeadlines();

            Assert.Equal("nothing came for too long, not even the answer to a ping", await stage.Running.Within());
            Assert.True(stage.IsDetached);
        }
    }

    [Fact]
    public async Task Dispose_Attached_Over()
    {
        var (stage, client, _) = await LinkStage.StartAsync();
        await using (stage)
        {
            using var exchange = stage.Send("/");
            await client.FrameAsync(FrameType.Request);

            await stage.Connection.DisposeAsync();

            await stage.Running.Within();
            Assert.True(stage.Connection.IsOver);
            Assert.Equal(ExchangeError.TunnelLost, exchange.Error);
        }
    }
}
