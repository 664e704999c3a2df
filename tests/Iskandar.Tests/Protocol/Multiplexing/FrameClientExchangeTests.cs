using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>Exchanges that go well, as the client's end sees them.</summary>
public sealed class FrameClientExchangeTests
{
    [Fact]
    public async Task Request_WithoutContent_HeadAsItWas()
    {
        await using var stage = await FrameClientStage.StartAsync();

        await stage.Server.SendAsync(FrameBytes.Request(1, true, "PURGE", "/a?b=%20c", fields: [("Host", "abc123.localhost"), ("X-Empty", ""), ("X-Bytes", "\u00e9\u00ff")]));

        var exchange = await stage.AcceptAsync();
        Assert.Equal(("PURGE", "/a?b=%20c"), (exchange.Request.Method, exchange.Request.Target));
        Assert.Equal([new("Host", "abc123.localhost"), new("X-Empty", ""), new("X-Bytes", "\u00e9\u00ff")], exchange.Request.Fields.Lines.ToArray());
        Assert.Equal((0L, false), (exchange.ContentLength, exchange.IsUpgrade));
        Assert.Equal("", await FrameClientStage.ReadTextAsync(exchange));
        Assert.Equal(0, exchange.RequestTrailers.Count);
        Assert.False(exchange.Cancelled.IsCancellationRequested);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(7L)]
    public async Task Request_ContentInManyMessages_AllInOrder(long? declared)
    {
        await using var stage = await FrameClientStage.StartAsync();
        (string, string)[] fields = declared is null ? [] : [("Content-Length", $"{declared}")];
        await stage.Server.SendAsync(FrameBytes.Request(1, end: false, "POST", fields: fields), FrameBytes.Data(1, "a"));
        var exchange = await stage.AcceptAsync();
        Assert.Equal(declared, exchange.ContentLength);
        var reading = FrameClientStage.ReadTextAsync(exchange);

        await stage.Server.SendAsync(FrameBytes.Data(1, "b"), FrameBytes.Data(1, "cd"));
        await stage.Server.SendAsync(FrameBytes.Data(1, ""), FrameBytes.Data(1, "ef"));
        await stage.StillServesAfterAsync(1);
        Assert.False(reading.IsCompleted);
        await stage.Server.SendAsync(FrameBytes.Data(1, "g", end: true));

        Assert.Equal("abcdefg", await reading.Within());
    }

    [Fact]
    public async Task Request_WithTrailers_ThereWhenTheContentHasEnded()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);

        await stage.Server.SendAsync(FrameBytes.Data(stream, "content"), FrameBytes.Trailers(stream, ("X-Checksum", "abc")));

        Assert.Equal("content", await FrameClientStage.ReadTextAsync(exchange));
        Assert.Equal("abc", exchange.RequestTrailers.Find("x-checksum"));
    }

    [Fact]
    public async Task Request_ContentReadInSmallPieces_NothingLost()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        var sent = Pattern.Bytes(10_000);
        await stage.Server.SendAsync(FrameBytes.Data(stream, sent, end: true));

        var content = exchange.OpenContent();
        Assert.Same(content, exchange.OpenContent());
        Assert.Equal(0, await content.ReadAsync(Memory<byte>.Empty, Bounded.Token));
        var (received, piece) = (new List<byte>(), new byte[7]);
        for (var count = await content.ReadAsync(piece, Bounded.Token); count > 0; count = await content.ReadAsync(piece, Bounded.Token))
        {
            received.AddRange(piece.AsSpan(0, count));
        }

        Assert.Equal(sent, received);
    }

    [Fact]
    public async Task Response_Small_HeadAndContentInOneMessage()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        var head = new ResponseHead { Status = 201 };
        head.Fields.Add("Content-Type", "text/plain");
        head.Fields.Add("Set-Cookie", "a=1");
        head.Fields.Add("Set-Cookie", "b=2");

        await exchange.SendHeadAsync(head, "all"u8.ToArray(), endOfResponse: true, Bounded.Token).Within();

        var (response, data) = (await stage.Server.FrameAsync(FrameType.Response, stream), await stage.Server.FrameAsync(FrameType.Data, stream));
        Assert.Equal((201, false), (response.Response.Status, response.IsEnd));
        Assert.Equal([new("Content-Type", "text/plain"), new("Set-Cookie", "a=1"), new("Set-Cookie", "b=2")], response.Response.Fields.Lines.ToArray());
        Assert.Equal(("all", true), (data.Text, data.IsEnd));
        exchange.Dispose();
        await stage.StillServesAfterAsync(stream);
    }

    [Fact]
    public async Task Response_WithoutContent_EndOnTheHead()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();

        await FrameClientStage.HeadAsync(exchange, 204, end: true);

        Assert.True((await stage.Server.FrameAsync(FrameType.Response, stream)).IsEnd);
    }

    [Fact]
    public async Task Response_ManyPieces_EachAtOnceAndTheEndByItself()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        await FrameClientStage.HeadAsync(exchange);
        Assert.False((await stage.Server.FrameAsync(FrameType.Response, stream)).IsEnd);
        foreach (var piece in (string[])["first", "second"])
        {
            await FrameClientStage.SendAsync(exchange, Encoding.UTF8.GetBytes(piece));
            Assert.Equal(piece, (await stage.Server.FrameAsync(FrameType.Data, stream)).Text);
        }

        await FrameClientStage.SendAsync(exchange, []);
        await FrameClientStage.SendAsync(exchange, [], end: true);

        var last = await stage.Server.FrameAsync(FrameType.Data, stream);
        Assert.Equal(("", true), (last.Text, last.IsEnd));
    }

    [Theory]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(200_000)]
    public async Task Response_ContentWithTheHead_CutIntoFrames(int length)
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        var content = Pattern.Bytes(length);

        await exchange.SendHeadAsync(new ResponseHead { Status = 200 }, content, endOfResponse: true, Bounded.Token).Within();

        Assert.False((await stage.Server.FrameAsync(FrameType.Response, stream)).IsEnd);
        Assert.Equal(content, await stage.Server.DataAsync(stream));
    }

    [Fact]
    public async Task Response_WithTrailers_EndsWithThem()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        await exchange.SendHeadAsync(new ResponseHead { Status = 200 }, "content"u8.ToArray(), endOfResponse: false, Bounded.Token).Within();
        var trailers = new FieldSection();
        trailers.Add("Grpc-Status", "0");

        exchange.SendTrailers(trailers);
        exchange.Dispose();

        await stage.Server.FrameAsync(FrameType.Response, stream);
        Assert.False((await stage.Server.FrameAsync(FrameType.Data, stream)).IsEnd);
        Assert.Equal("0", (await stage.Server.FrameAsync(FrameType.Trailers, stream)).Trailers.Find("grpc-status"));
        await stage.StillServesAfterAsync(stream);
    }

    [Fact]
    public async Task Response_InformationalHeads_BeforeTheFinalOneOnly()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        var hint = new ResponseHead { Status = 103 };
        hint.Fields.Add("Link", "</a>; rel=preload");

        exchange.SendInformational(hint);
        await FrameClientStage.HeadAsync(exchange, end: true);
        exchange.SendInformational(hint);

        var frame = await stage.Server.FrameAsync(FrameType.Response, stream);
        Assert.Equal((103, "</a>; rel=preload", false), (frame.Response.Status, frame.Response.Fields.Find("link"), frame.IsEnd));
        Assert.Equal(200, (await stage.Server.FrameAsync(FrameType.Response, stream)).Response.Status);
        exchange.Dispose();
        await stage.StillServesAfterAsync(stream);
    }

    [Fact]
    public async Task HalfClose_ResponseEndsFirst_TheRequestGoesOn()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        await FrameClientStage.HeadAsync(exchange, end: true);
        Assert.True((await stage.Server.FrameAsync(FrameType.Response, stream)).IsEnd);

        await stage.Server.SendAsync(FrameBytes.Data(stream, "the rest", end: true));

        Assert.Equal("the rest", await FrameClientStage.ReadTextAsync(exchange));
        exchange.Dispose();
        await stage.StillServesAfterAsync(stream);
    }

    [Fact]
    public async Task Dispose_ResponseCompleteButNotTheRequest_DoneAndTheResponseStaysGood()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        await FrameClientStage.HeadAsync(exchange, 413, end: true);

        exchange.Dispose();

        Assert.True((await stage.Server.FrameAsync(FrameType.Response, stream)).IsEnd);
        await stage.Server.ResetAsync(stream, ErrorCode.Done);
    }

    [Fact]
    public async Task Upgrade_Agreed_BytesBothWaysUntilEachEnd()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false, upgrade: true);
        Assert.True(exchange.IsUpgrade);
        await FrameClientStage.HeadAsync(exchange, 101);
        var response = await stage.Server.FrameAsync(FrameType.Response, stream);
        Assert.Equal((101, false), (response.Response.Status, response.IsEnd));

        await FrameClientStage.SendAsync(exchange, "hello"u8.ToArray());
        Assert.Equal("hello", (await stage.Server.FrameAsync(FrameType.Data, stream)).Text);
        await stage.Server.SendAsync(FrameBytes.Data(stream, "you"), FrameBytes.Data(stream, "", end: true));
        Assert.Equal("you", await FrameClientStage.ReadTextAsync(exchange));
        await FrameClientStage.SendAsync(exchange, "bye"u8.ToArray(), end: true);

        var last = await stage.Server.FrameAsync(FrameType.Data, stream);
        Assert.Equal(("bye", true), (last.Text, last.IsEnd));
        exchange.Dispose();
        await stage.StillServesAfterAsync(stream);
    }

    [Fact]
    public async Task Exchanges_ManyAtOnce_EachItsOwn()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var exchanges = new List<(IClientExchange Exchange, uint Stream)>();
        for (var i = 0; i < 10; i++)
        {
            exchanges.Add(await stage.RequestAsync(end: false));
        }

        await stage.Server.SendAsync([.. exchanges.Select(static each => FrameBytes.Data(each.Stream, $"to {each.Stream}", end: true)).Reverse()]);
        exchanges.Reverse();
        foreach (var (exchange, stream) in exchanges)
        {
            Assert.Equal($"to {stream}", await FrameClientStage.ReadTextAsync(exchange));
            await FrameClientStage.HeadAsync(exchange, 200 + (int)stream, end: true);
            Assert.Equal(200 + (int)stream, (await stage.Server.FrameAsync(FrameType.Response, stream)).Response.Status);
        }
    }

    [Fact]
    public async Task Streams_SomeLeftOutAndPastTheLast_AllTaken()
    {
        await using var stage = await FrameClientStage.StartAsync();
        foreach (var stream in (uint[])[5, 6, 0x7000_0000, 0xE000_0000, uint.MaxValue, 1, 3])
        {
            await stage.Server.SendAsync(FrameBytes.Request(stream));
            using var exchange = await stage.AcceptAsync();
            await FrameClientStage.HeadAsync(exchange, end: true);
            await stage.Server.FrameAsync(FrameType.Response, stream);
        }
    }

    [Fact]
    public async Task Ping_FromTheServer_AnsweredWithTheSameBytes()
    {
        await using var stage = await FrameClientStage.StartAsync();

        await stage.Server.SendAsync(FrameBytes.Ping(ulong.MaxValue));

        Assert.Equal(ulong.MaxValue, (await stage.Server.FrameAsync(FrameType.Pong)).Opaque);
    }
}
