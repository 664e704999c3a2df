using System.Text;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary.Cli;

/// <summary>Requests in all the forms that the document allows, from the real client to the origin.</summary>
public class CliRequestTests(CliFixture cli) : IClassFixture<CliFixture>
{
    [Theory]
    [InlineData("/")]
    [InlineData("//a")]
    [InlineData("/a/../b")]
    [InlineData("/a%2Fb%5c")]
    [InlineData("/?")]
    [InlineData("/a?x=%20&y")]
    [InlineData("/%41%7e%7E")]
    [InlineData("/a?b?c=d//e%2f[1]|{2}")]
    [InlineData("//evil.example/x")]
    public async Task Target_ArrivesByteForByte(string target)
    {
        var request = await RequestAsync(Frame.Request(1, "GET", target, fields: ("host", "abc.example.com")));

        Assert.Equal(("GET", target), (request.Method, request.Target));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    [InlineData("OPTIONS")]
    [InlineData("TRACE")]
    [InlineData("PURGE")]
    [InlineData("M-SEARCH")]
    public async Task Method_ArrivesAsItIs(string method)
    {
        var request = await RequestAsync(Frame.Request(1, method, "/", fields: ("host", "abc.example.com")));

        Assert.Equal(method, request.Method);
        Assert.Null(request["Transfer-Encoding"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Head_InAnyForm_IsRead(int sizeLength)
    {
        var payload = new PayloadWriter().Byte(0).Text("PUT", sizeLength).Text("/forms?a", sizeLength)
            .NamedLine("HOST", "abc.example.com", sizeLength).NamedLine("x-A", "1", sizeLength)
            .Byte(NameTable.IndexOf("etag")).Text("\"e\"", sizeLength).NamedLine("x-empty", "", sizeLength);

        var request = await RequestAsync(new Frame(FrameType.Request, Frame.EndFlag, 1, payload.ToBytes()));

        Assert.Equal(("PUT", "/forms?a"), (request.Method, request.Target));
        Assert.Equal(("1", "\"e\"", ""), (request["X-A"], request["ETag"], request["X-Empty"]));
    }

    [Fact]
    public async Task Fields_OfAnyBytesThatHttpAllows_ArriveUnchanged()
    {
        var request = await RequestAsync(Frame.Request(
            1,
            "GET",
            "/",
            fields:
            [
                ("host", "abc.example.com"),
                ("user-agent", "test/1 (a; b)"),
                ("accept-encoding", "br;q=0.5, gzip"),
                ("x-latin", "caf\u00e9\u0080\u00ff"),
                ("x-utf8", "\u00c3\u00a9"),
                ("x-odd", "a\"b\\c\td"),
                ("x-many", "a"), ("x-many", "b, c"), ("x-many", "d"),
                ("cookie", "a=1; b=2"),
                ("authorization", "Basic eDp5"),
                ("x-forwarded-for", "192.0.2.1"),
                ("x-forwarded-proto", "https"),
            ]));

        Assert.Equal("test/1 (a; b)", request["User-Agent"]);
        Assert.Equal("br;q=0.5, gzip", request["Accept-Encoding"]);
        Assert.Equal("caf\u00e9\u0080\u00ff", request["X-Latin"]);
        Assert.Equal("\u00c3\u00a9", request["X-Utf8"]);
        Assert.Equal("a\"b\\c\td", request["X-Odd"]);
        // In one line or in several, which mean the same (RFC 9110 section 5.3).
        Assert.Equal("a, b, c, d", request["X-Many"]!.Replace(" | ", ", ", StringComparison.Ordinal));
        Assert.Equal("a=1; b=2", request["Cookie"]);
        Assert.Equal("Basic eDp5", request["Authorization"]);
        Assert.Equal(("192.0.2.1", "https"), (request["X-Forwarded-For"], request["X-Forwarded-Proto"]));
    }

    [Fact]
    public async Task Fields_OfTheTable_AreThoseOfTheDocument()
    {
        // The others mean something for the connection, the content or the protocol.
        string[] special = ["connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];
        var indices = Enumerable.Range(1, NameTable.Last).Where(index => !special.Contains(NameTable.NameOf(index))).ToList();
        var payload = new PayloadWriter().Byte(1).Text("/").Byte(NameTable.IndexOf("host")).Text("abc.example.com");
        foreach (var index in indices)
        {
            payload.Byte(index).Text($"v{index}");
        }

        var request = await RequestAsync(new Frame(FrameType.Request, Frame.EndFlag, 1, payload.ToBytes()));

        Assert.Equal(
            indices.Select(static index => $"{NameTable.NameOf(index)}: v{index}"),
            indices.Select(index => $"{NameTable.NameOf(index)}: {request[NameTable.NameOf(index)]}"));
    }

    [Fact]
    public async Task Fields_OfTheConnection_AreDropped()
    {
        var request = await RequestAsync(Frame.Request(
            1,
            "GET",
            "/",
            fields:
            [
                ("host", "abc.example.com"), ("connection", "x-private"), ("x-private", "1"), ("keep-alive", "timeout=5"), ("te", "gzip"),
                ("proxy-connection", "x"), ("upgrade", "h2c"), ("x-public", "2"),
            ]));

        Assert.Equal("2", request["X-Public"]);
        Assert.All((string[])["X-Private", "Keep-Alive", "TE", "Proxy-Connection", "Upgrade"], name => Assert.Null(request[name]));
    }

    [Theory]
    [InlineData("a DATA with END", "5")]
    [InlineData("a DATA with END", null)]
    [InlineData("an empty DATA with END", "5")]
    [InlineData("an empty DATA with END", null)]
    [InlineData("TRAILERS", null)]
    public async Task Content_EndedInAnyWay_ArrivesWhole(string end, string? length)
    {
        var path = $"/content-{Guid.NewGuid():N}";
        var received = new TaskCompletionSource<(OriginRequest Request, string Content)>();
        cli.Origin.Map(path, async context =>
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.Latin1);
            received.SetResult((OriginRequest.From(context), await reader.ReadToEndAsync(context.RequestAborted)));
        });

        (string, string)[] framing = length is null ? [] : [("content-length", length)];
        var stream = await cli.Tunnel.OpenAsync("POST", path, end: false, fields: [("host", "abc.example.com"), .. framing]);
        await stream.SendAsync(end switch
        {
            "a DATA with END" => [Frame.Data(stream.Id, "hel"), Frame.Data(stream.Id, "lo", end: true)],
            "TRAILERS" => [Frame.Data(stream.Id, "hello"), Frame.Trailers(stream.Id, ("x-sum", "5"))],
            _ => [Frame.Data(stream.Id, "hello"), Frame.Data(stream.Id, ""), Frame.Data(stream.Id, "", end: true)],
        });

        var (request, content) = await received.Task.WithinAsync("the request");
        Assert.Equal(("hello", length), (content, request["Content-Length"]));
        Assert.Equal(200, (await stream.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task Content_SentInPieces_ArrivesPieceByPiece()
    {
        var pieces = Enumerable.Range(0, 5).Select(static _ => new TaskCompletionSource<string>()).ToList();
        cli.Origin.Map("/pieces", async context =>
        {
            var buffer = new byte[7];
            foreach (var piece in pieces)
            {
                await context.Request.Body.ReadExactlyAsync(buffer, context.RequestAborted);
                piece.SetResult(Encoding.ASCII.GetString(buffer));
            }
        });
        var stream = await cli.Tunnel.OpenAsync("POST", "/pieces", end: false, fields: ("host", "abc.example.com"));

        foreach (var (number, piece) in pieces.Index())
        {
            await stream.SendDataAsync(Encoding.ASCII.GetBytes($"piece {number}"));
            Assert.Equal($"piece {number}", await piece.Task.WithinAsync("the piece"));
        }

        await stream.SendDataAsync(default, end: true);
        Assert.Equal(200, (await stream.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task Requests_OfManyExchanges_MayShareAMessage()
    {
        cli.Origin.Map("/echo", static context => context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted));
        var head = new RequestHead("POST", "/echo", new FieldSection([("host", "abc.example.com")]));
        var streams = Enumerable.Range(0, 20).Select(_ => cli.Tunnel.Register(head, end: false)).ToList();

        await cli.Tunnel.SendAsync(
        [
            .. streams.Select(static stream => Frame.Request(stream.Id, "POST", "/echo", end: false, fields: ("host", "abc.example.com"))),
            .. streams.Select(static stream => Frame.Data(stream.Id, "stream ")),
            .. Enumerable.Reverse(streams).Select(static stream => Frame.Data(stream.Id, $"{stream.Id}", end: true)),
        ]);

        foreach (var stream in streams)
        {
            var response = await stream.ReadResponseAsync();
            Assert.Equal((200, $"stream {stream.Id}"), (response.Status, response.Text));
        }
    }

    [Fact]
    public async Task Message_InFragmentsOfOneByte_IsTheSameMessage()
    {
        cli.Origin.Map("/fragments", "whole");
        var stream = cli.Tunnel.Register(new RequestHead("GET", "/fragments", new FieldSection([])));
        var message = Frame.Request(stream.Id, "GET", "/fragments", fields: ("host", "abc.example.com")).ToBytes();

        foreach (var (number, single) in message.Index())
        {
            await cli.Tunnel.SendBytesAsync(new[] { single }, isWhole: number == message.Length - 1);
        }

        Assert.Equal("whole", (await stream.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task Flags_ThatATypeDoesNotDefine_AreIgnored()
    {
        cli.Origin.Map("/flags", static context => context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted));
        var stream = cli.Tunnel.Register(new RequestHead("POST", "/flags", new FieldSection([])), end: false);

        await stream.SendAsync(
            Frame.Request(stream.Id, "POST", "/flags", end: false, fields: ("host", "abc.example.com")) with { Flags = 0xfc },
            Frame.Data(stream.Id, "hel") with { Flags = 0xfe },
            Frame.Credit(stream.Id, 1) with { Flags = 0xff },
            Frame.Data(stream.Id, "lo", end: true) with { Flags = 0xff });

        Assert.Equal("hello", (await stream.ReadResponseAsync()).Text);
    }

    /// <summary>The request as it arrived at the origin, which answers it.</summary>
    private async Task<OriginRequest> RequestAsync(Frame request)
    {
        var before = cli.Origin.Requests.Count;
        var stream = cli.Tunnel.Register(RequestHead.Parse(request.Payload));
        await stream.SendAsync(request with { Stream = stream.Id });
        Assert.Equal(200, (await stream.ReadResponseAsync()).Status);
        return Assert.Single(cli.Origin.Requests.Skip(before));
    }
}
