using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>Exchanges that go well, as the server's end sees them.</summary>
public sealed class FrameGatewayExchangeTests
{
    [Fact]
    public async Task Registration_ExchangesOpenedBefore_StillComesFirst()
    {
        await using var stage = FrameGatewayStage.Create();
        using var early = stage.Open();
        early.SendHead(endOfRequest: false, upgrade: false);
        var content = FrameGatewayStage.SendAsync(early, "early"u8.ToArray());
        using var late = stage.Open();
        late.SendHead(endOfRequest: true, upgrade: false);
        Assert.False(content.IsCompleted);

        stage.Run();
        Assert.Equal(ExchangeError.None, await content.Within());

        Assert.Equal("""{"subdomain":"abc123"}""", await stage.Client.TextAsync());
        Assert.Equal(1u, (await stage.Client.FrameAsync(FrameType.Request)).Stream);
        Assert.Equal(2u, (await stage.Client.FrameAsync(FrameType.Request)).Stream);
        Assert.Equal("early", (await stage.Client.FrameAsync(FrameType.Data, 1)).Text);
    }

    [Fact]
    public async Task Request_HeadAndContent_ArriveAsTheyWere()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        using var exchange = stage.Open();
        exchange.Request.Method = "PURGE";
        exchange.Request.Target = "/a?b=%20c";
        exchange.Request.Fields.Add("Host", "abc123.localhost");
        exchange.Request.Fields.Add("X-Empty", "");
        exchange.Request.Fields.Add("X-Bytes", "\u00e9\u00ff");
        exchange.SendHead(endOfRequest: false, upgrade: false);
        await FrameGatewayStage.SendAsync(exchange, "one"u8.ToArray());
        await FrameGatewayStage.SendAsync(exchange, []);
        await FrameGatewayStage.SendAsync(exchange, "two"u8.ToArray());
        await exchange.EndContentAsync(null, Bounded.Token);

        var request = await stage.Client.FrameAsync(FrameType.Request);
        Assert.Equal((1u, false, false), (request.Stream, request.IsEnd, request.IsUpgrade));
        Assert.Equal(("PURGE", "/a?b=%20c"), (request.Request.Method, request.Request.Target));
        Assert.Equal([new("Host", "abc123.localhost"), new("X-Empty", ""), new("X-Bytes", "\u00e9\u00ff")], request.Request.Fields.Lines.ToArray());
        var (first, second, last) = (await stage.Client.FrameAsync(FrameType.Data), await stage.Client.FrameAsync(FrameType.Data), await stage.Client.FrameAsync(FrameType.Data));
        Assert.Equal(("one", false), (first.Text, first.IsEnd));
        Assert.Equal(("two", false), (second.Text, second.IsEnd));
        Assert.Equal(("", true), (last.Text, last.IsEnd));
    }

    [Fact]
    public async Task Request_ContentLongerThanAFrame_CutIntoFrames()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        using (exchange)
        {
            var content = Pattern.Bytes(150_000);
            Assert.Equal(ExchangeError.None, await FrameGatewayStage.SendAsync(exchange, content).Within());
            await exchange.EndContentAsync(null, Bounded.Token);

            Assert.Equal(content, await stage.Client.DataAsync(stream));
        }
    }

    [Fact]
    public async Task Request_WithTrailers_EndsWithThem()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        using (exchange)
        {
            await FrameGatewayStage.SendAsync(exchange, "content"u8.ToArray());
            var trailers = new FieldSection();
            trailers.Add("X-Checksum", "abc");
            await exchange.EndContentAsync(trailers, Bounded.Token);

            Assert.False((await stage.Client.FrameAsync(FrameType.Data, stream)).IsEnd);
            Assert.Equal("abc", (await stage.Client.FrameAsync(FrameType.Trailers, stream)).Trailers.Find("x-checksum"));
        }
    }

    [Fact]
    public async Task Streams_OfManyRequests_EachHigherThanTheLast()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        for (var i = 1u; i <= 20; i++)
        {
            // Those that are never sent take none.
            stage.Open().Dispose();
            var (exchange, stream) = await stage.RequestAsync();
            Assert.Equal(i, stream);
            if (i % 2 == 0)
            {
                exchange.Dispose();
                await stage.Client.ResetAsync(stream, ErrorCode.Done);
            }
        }
    }

    [Fact]
    public async Task Responses_OutOfOrder_EachGetsItsOwn()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var exchanges = new List<(IGatewayExchange Exchange, uint Stream)>();
        for (var i = 0; i < 10; i++)
        {
            exchanges.Add(await stage.RequestAsync());
        }

        exchanges.Reverse();
        foreach (var (_, stream) in exchanges)
        {
            await stage.Client.SendAsync(FrameBytes.Response(stream, 200 + (int)stream), FrameBytes.Data(stream, $"of {stream}", end: true));
        }

        foreach (var (exchange, stream) in exchanges)
        {
            using (exchange)
            {
                Assert.True(await exchange.ReadHeadAsync().Within());
                Assert.Equal(200 + (int)stream, exchange.Response.Status);
                Assert.Equal($"of {stream}", await FrameGatewayStage.ReadAllAsync(exchange));
            }
        }
    }

    [Fact]
    public async Task Response_OneMessage_ContentIsThereWithTheHead()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.SendAsync(
                FrameBytes.Response(stream, 201, end: false, ("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")),
                FrameBytes.Data(stream, "all of "), FrameBytes.Data(stream, "it", end: true));

            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.True(exchange.Content.TryRead(out var read));
            Assert.True(read.IsCompleted);
            Assert.Equal("all of it", Encoding.UTF8.GetString(read.Buffer));
            exchange.Content.AdvanceTo(read.Buffer.End);
            Assert.Equal(201, exchange.Response.Status);
            Assert.Equal([new("Content-Type", "text/plain"), new("Set-Cookie", "a=1"), new("Set-Cookie", "b=2")], exchange.Response.Fields.Lines.ToArray());
        }
    }

    [Fact]
    public async Task Response_ManyMessages_EachPieceAsItComes()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.StreamingAsync();
        using (exchange)
        {
            foreach (var piece in (string[])["first", "second", "third"])
            {
                await stage.Client.SendAsync(FrameBytes.Data(stream, piece));
                Assert.Equal(piece, await FrameGatewayStage.ReadNextAsync(exchange));
            }

            await stage.Client.SendAsync(FrameBytes.Data(stream, "", end: true));
            Assert.Equal("", await FrameGatewayStage.ReadAllAsync(exchange));
            Assert.Equal((ExchangeError.None, 0), (exchange.Error, exchange.Trailers.Count));
        }
    }

    [Fact]
    public async Task Response_EndOnTheHead_NoContent()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        using (exchange)
        {
            await stage.Client.SendAsync(FrameBytes.Response(stream, 204, end: true));

            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.Equal("", await FrameGatewayStage.ReadAllAsync(exchange));
        }

        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Response_WithTrailers_ThereWhenTheContentHasEnded()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.StreamingAsync();
        using (exchange)
        {
            await stage.Client.SendAsync(FrameBytes.Data(stream, "content"), FrameBytes.Trailers(stream, ("Grpc-Status", "0"), ("X-Other", "a b")));

            Assert.Equal("content", await FrameGatewayStage.ReadAllAsync(exchange));
            Assert.Equal([new("Grpc-Status", "0"), new("X-Other", "a b")], exchange.Trailers.Lines.ToArray());
        }

        // The object is used again: nothing of them is left.
        await stage.StillServesAsync();
        (exchange, stream) = await stage.RequestAsync();
        using (exchange)
        {
            Assert.Equal(0, exchange.Trailers.Count);
        }
    }

    [Fact]
    public async Task Response_InformationalHeadsFirst_TheFinalOneCounts()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        using (exchange)
        {
            var head = exchange.ReadHeadAsync().AsTask();
            await stage.Client.SendAsync(FrameBytes.Response(stream, 100), FrameBytes.Response(stream, 103, end: false, ("Link", "</a>; rel=preload")));
            await stage.Client.SendAsync(FrameBytes.Response(stream, 102));
            await stage.StillServesAsync();
            Assert.False(head.IsCompleted);

            await stage.Client.SendAsync(FrameBytes.Response(stream, 200, end: true));

            Assert.True(await head.Within());
            Assert.Equal((200, 0), (exchange.Response.Status, exchange.Response.Fields.Count));
        }
    }

    [Fact]
    public async Task HalfClose_ResponseEndsFirst_TheRequestGoesOn()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.StreamingAsync(endOfRequest: false);
        using (exchange)
        {
            await stage.Client.SendAsync(FrameBytes.Data(stream, "done", end: true));
            Assert.Equal("done", await FrameGatewayStage.ReadAllAsync(exchange));

            Assert.Equal(ExchangeError.None, await FrameGatewayStage.SendAsync(exchange, "the rest"u8.ToArray()));
            await exchange.EndContentAsync(null, Bounded.Token);

            Assert.Equal("the rest", Encoding.UTF8.GetString(await stage.Client.DataAsync(stream)));
        }

        await stage.StillServesAsync();
    }

    [Fact]
    public async Task HalfClose_RequestEndsFirst_TheResponseGoesOn()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.StreamingAsync(endOfRequest: false);
        using (exchange)
        {
            await exchange.EndContentAsync(null, Bounded.Token);
            Assert.True((await stage.Client.FrameAsync(FrameType.Data, stream)).IsEnd);

            await stage.Client.SendAsync(FrameBytes.Data(stream, "after the end", end: true));

            Assert.Equal("after the end", await FrameGatewayStage.ReadAllAsync(exchange));
        }

        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Upgrade_Agreed_BytesBothWaysUntilEachEnd()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false, upgrade: true);
        using (exchange)
        {
            await stage.Client.SendAsync(FrameBytes.Response(stream, 101, end: false, ("Upgrade", "echo")), FrameBytes.Data(stream, "hello"));
            Assert.True(await exchange.ReadHeadAsync().Within());
            Assert.Equal((101, "echo"), (exchange.Response.Status, exchange.Response.Fields.Find("upgrade")));
            Assert.Equal("hello", await FrameGatewayStage.ReadNextAsync(exchange));

            await FrameGatewayStage.SendAsync(exchange, "you"u8.ToArray());
            await exchange.EndContentAsync(null, Bounded.Token);
            Assert.Equal("you", Encoding.UTF8.GetString(await stage.Client.DataAsync(stream)));

            await stage.Client.SendAsync(FrameBytes.Data(stream, "bye", end: true));
            Assert.Equal("bye", await FrameGatewayStage.ReadAllAsync(exchange));
            Assert.Equal(ExchangeError.None, exchange.Error);
        }

        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Upgrade_Refused_AnOrdinaryResponse()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false, upgrade: true);
        using (exchange)
        {
            await stage.Client.SendAsync(FrameBytes.Response(stream, 403), FrameBytes.Data(stream, "no"), FrameBytes.Trailers(stream, ("a", "b")));

            Assert.True(await exchange.ReadHeadAsync().Within());
            await exchange.EndContentAsync(null, Bounded.Token);
            Assert.Equal("no", await FrameGatewayStage.ReadAllAsync(exchange));
            Assert.Equal((403, 1), (exchange.Response.Status, exchange.Trailers.Count));
            Assert.True((await stage.Client.FrameAsync(FrameType.Data, stream)).IsEnd);
        }

        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Ping_FromTheClient_AnsweredWithTheSameBytes()
    {
        await using var stage = await FrameGatewayStage.StartAsync();

        await stage.Client.SendAsync(FrameBytes.Ping(0x0123456789ABCDEF), FrameBytes.Ping(7));

        Assert.Equal(0x0123456789ABCDEFul, (await stage.Client.FrameAsync(FrameType.Pong)).Opaque);
        Assert.Equal(7ul, (await stage.Client.FrameAsync(FrameType.Pong)).Opaque);
    }

    [Fact]
    public async Task Exchanges_OneAfterAnother_NothingOfTheLastIsSeen()
    {
        await using var stage = await FrameGatewayStage.StartAsync();
        for (var i = 0; i < 20; i++)
        {
            var (exchange, stream) = await stage.RequestAsync();
            using (exchange)
            {
                await stage.Client.SendAsync(FrameBytes.Response(stream, 200, end: false, ($"X-{i}", "")), FrameBytes.Data(stream, $"{i}", end: i % 2 == 0));
                Assert.True(await exchange.ReadHeadAsync().Within());
                Assert.Equal($"X-{i}", Assert.Single(exchange.Response.Fields.Lines.ToArray()).Name);

                // What isn't taken is forgotten.
                if (i % 3 == 0)
                {
                    Assert.Equal($"{i}", await FrameGatewayStage.ReadNextAsync(exchange));
                }
            }

            if (i % 2 == 1)
            {
                await stage.Client.ResetAsync(stream, ErrorCode.Done);
            }
        }

        Assert.Equal(0, stage.Connection.ActiveExchanges);
    }
}
