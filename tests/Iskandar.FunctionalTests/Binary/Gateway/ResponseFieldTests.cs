using System.Globalization;
using System.Text;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary.Gateway;

/// <summary>Response heads, from the client's wire to the visitor's.</summary>
public class ResponseFieldTests(SharedServer shared)
{
    // What no response has, what ends at the tunnel, and what the content decides.
    private static readonly string[] Special =
    [
        "connection", "content-length", "expect", "forwarded", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
        "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
    ];

    private readonly IskandarServer _server = shared.Server;

    [Fact]
    public async Task Names_OfTheTable_AreThoseOfTheDocument()
    {
        var indices = Enumerable.Range(1, NameTable.Last).Where(static index => !Special.Contains(NameTable.NameOf(index))).ToList();
        var head = await AnswerAsync(writer =>
        {
            foreach (var index in indices)
            {
                writer.Byte(index).Text($"v{index}");
            }
        });

        Assert.Equal(
            indices.Select(static index => $"{NameTable.NameOf(index)}: v{index}"),
            indices.Select(index => $"{NameTable.NameOf(index)}: {head[NameTable.NameOf(index)]}"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Sizes_OfAnyForm_AreRead(int sizeLength)
    {
        var head = await AnswerAsync(writer => writer.NamedLine("x-a", "1", sizeLength).Byte(NameTable.IndexOf("etag")).Text("\"e\"", sizeLength));

        Assert.Equal(("1", "\"e\""), (head["x-a"], head["etag"]));
    }

    [Fact]
    public async Task Names_AsStringsInAnyCase_AreTheSameNames()
    {
        var head = await AnswerAsync(writer => writer
            .NamedLine("ETAG", "\"e\"").NamedLine("Set-Cookie", "a=1").NamedLine("set-cookie", "b=2")
            .NamedLine("X-Mixed", "1").NamedLine("CONTENT-Length", "0"));

        Assert.Equal(("\"e\"", "1", "0"), (head["etag"], head["x-mixed"], head["content-length"]));
        Assert.Equal(["a=1", "b=2"], head.All("set-cookie"));
    }

    [Fact]
    public async Task Lines_Repeated_ArriveComplete()
    {
        var head = await AnswerAsync(writer =>
        {
            new FieldSection(
            [
                ("x-many", "a"), ("x-many", "b, c"), ("x-many", "d"),
                ("set-cookie", "a=1; Expires=Thu, 01 Jan 2037 00:00:00 GMT"), ("set-cookie", "b=2"),
            ]).WriteTo(writer);
        });

        Assert.Equal("a, b, c, d", string.Join(", ", head.All("x-many")));
        Assert.Equal(["a=1; Expires=Thu, 01 Jan 2037 00:00:00 GMT", "b=2"], head.All("set-cookie"));
    }

    [Fact]
    public async Task Values_OfAnyBytesThatHttpAllows_ArriveUnchanged()
    {
        var head = await AnswerAsync(writer => writer
            .Line("x-empty", "").Line("x-latin", "caf\u00e9\u0080\u00ff").Line("x-utf8", "\u00c3\u00a9")
            .Line("x-odd", "a\"b\\c\td").Line("x-long", new string('x', 20_000)));

        Assert.Equal("", head["x-empty"]);
        Assert.Equal("caf\u00e9\u0080\u00ff", head["x-latin"]);
        Assert.Equal("\u00c3\u00a9", head["x-utf8"]);
        Assert.Equal("a\"b\\c\td", head["x-odd"]);
        Assert.Equal(new string('x', 20_000), head["x-long"]);
    }

    [Fact]
    public async Task Fields_OfTheConnectionOrReserved_AreDropped()
    {
        var head = await AnswerAsync(writer => writer
            .Line("connection", "x-private").Line("x-private", "1").Line("keep-alive", "timeout=5").Line("proxy-connection", "close")
            .Line("transfer-encoding", "gzip").Line("iskandar-error", "tunnel_lost").Line("x-public", "2"));

        Assert.Equal("2", head["x-public"]);
        Assert.All((string[])["x-private", "keep-alive", "proxy-connection", "iskandar-error"], name => Assert.Null(head[name]));
        Assert.DoesNotContain("gzip", head["transfer-encoding"] ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HEAD", 200, false)]
    [InlineData("HEAD", 200, true)]
    [InlineData("GET", 304, false)]
    [InlineData("GET", 304, true)]
    public async Task ContentLength_WithoutContent_IsPassedOn(string method, int status, bool inData)
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync(method, "/", client.Host);
        var stream = await client.NextStreamAsync();

        await stream.RespondAsync(status, end: !inData, ("content-length", "12345"), ("etag", "\"e\""));
        if (inData)
        {
            await stream.SendAsync(Frame.Data(stream.Id, "", end: true));
        }

        var response = await raw.ReadResponseAsync(isHead: true);
        Assert.Equal((status, "12345", "\"e\""), (response.Status, response.Head["Content-Length"], response.Head["ETag"]));
        await FollowedByAnotherAsync(raw, client);
    }

    [Theory]
    [InlineData("GET", 204)]
    [InlineData("GET", 304)]
    [InlineData("HEAD", 200)]
    public async Task Content_WhereNoneMayBe_DoesNotReachTheVisitor(string method, int status)
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync(method, "/", client.Host);
        var stream = await client.NextStreamAsync();

        await stream.RespondAsync(status, fields: ("etag", "\"e\""));
        var response = await raw.ReadResponseAsync(isHead: true);
        await stream.SendAsync(Frame.Data(stream.Id, "content", end: true));

        Assert.Equal((status, "\"e\""), (response.Status, response.Head["ETag"]));
        await FollowedByAnotherAsync(raw, client);
    }

    [Fact]
    public async Task ContentLength_LongerThanTheContent_AbortsTheTransfer()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync();

        await stream.RespondAsync(200, fields: ("content-length", "10"));
        using var response = await visit;
        await stream.SendAsync(Frame.Data(stream.Id, "hello", end: true));

        await Expect.AbortedAsync(response);
        await client.StillServesAsync();
    }

    [Fact]
    public async Task ContentLength_ShorterThanTheContent_AbortsTheTransfer()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync();

        await stream.RespondAsync(200, fields: ("content-length", "10"));
        using var response = await visit;
        await stream.SendAsync(Frame.Data(stream.Id, "hello"));
        await stream.SendAsync(Frame.Data(stream.Id, " world"));

        Assert.Equal(ErrorCode.ResponseInvalid, await stream.Reset.WithinAsync("RESET"));
        await Expect.AbortedAsync(response);
        await client.StillServesAsync();
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("hello world")]
    public async Task ContentLength_WrongAtOnce_IsNeverACompleteResponse(string content)
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Host);
        var stream = await client.NextStreamAsync();

        await stream.AnswerAsync(content, fields: ("content-length", "10"));

        var response = await raw.ReadResponseAsync();
        if (response.Status != 200)
        {
            Expect.Error(response.Head, 502, "response_invalid");
        }
        else
        {
            Assert.False(response.IsComplete, "A response of the wrong length looks complete.");
        }

        await client.StillServesAsync();
    }

    /// <summary>The connection is in step: nothing of the last response is left on it.</summary>
    private static async Task FollowedByAnotherAsync(RawVisitor raw, BinaryClient client)
    {
        await raw.SendRequestAsync("GET", "/another", client.Host);
        var stream = await client.NextStreamAsync();
        Assert.Equal("/another", stream.Request.Target);
        await stream.AnswerAsync("another");
        Assert.Equal("another", Encoding.ASCII.GetString((await raw.ReadResponseAsync()).Body));
    }

    /// <summary>The head that a visitor gets for these field lines.</summary>
    private async Task<RawHead> AnswerAsync(Action<PayloadWriter> write)
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Host);
        var stream = await client.NextStreamAsync();
        var writer = new PayloadWriter().Status(200);
        write(writer);
        await stream.SendAsync(new Frame(FrameType.Response, Frame.EndFlag, stream.Id, writer.ToBytes()));
        var head = await raw.ReadHeadAsync();
        Assert.True(head.Status == 200, string.Create(CultureInfo.InvariantCulture, $"{head.Status} {head["Iskandar-Error"]}"));
        return head;
    }
}
