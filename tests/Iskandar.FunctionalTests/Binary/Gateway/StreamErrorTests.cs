using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary.Gateway;

/// <summary>What ends one exchange with the real server, and neither another nor the connection.</summary>
public class StreamErrorTests(SharedServer shared)
{
    private const ErrorCode Protocol = ErrorCode.ProtocolError;
    private const ErrorCode Invalid = ErrorCode.ResponseInvalid;

    private static readonly Dictionary<string, (ErrorCode Code, Frame Frame)> BeforeTheHead = new()
    {
        ["DATA"] = (Protocol, Frame.Data(1, "x")),
        ["DATA without payload"] = (Protocol, Frame.Data(1, "", end: true)),
        ["TRAILERS"] = (Protocol, Frame.Trailers(1)),
        ["status 0"] = (Invalid, Frame.Response(1, 0)),
        ["status 99"] = (Invalid, Frame.Response(1, 99)),
        ["status 600"] = (Invalid, Frame.Response(1, 600)),
        ["status 65535"] = (Invalid, Frame.Response(1, 65_535)),
        ["status 101 without UPGRADE"] = (Invalid, Frame.Response(1, 101, fields: ("upgrade", "websocket"))),
        ["no payload"] = (Invalid, Head()),
        ["half a status"] = (Invalid, Head(0x00)),
        ["an end behind a name's index"] = (Invalid, Head(0x00, 0xc8, 0x1e)),
        ["an end within a name"] = (Invalid, Head(0x00, 0xc8, 0x00, 0x03, 0x78, 0x2d)),
        ["an end behind a name"] = (Invalid, Head(0x00, 0xc8, 0x00, 0x03, 0x78, 0x2d, 0x61)),
        ["an end within a value"] = (Invalid, Head(0x00, 0xc8, 0x1e, 0x05, 0x31)),
        ["an end within a size"] = (Invalid, Head(0x00, 0xc8, 0x1e, 0x40)),
        ["a size far beyond the end"] = (Invalid, Head(0x00, 0xc8, 0x1e, 0xbf, 0xff, 0xff, 0xff, 0x31)),
        ["a size of 8 bytes"] = (Invalid, Head(0x00, 0xc8, 0x1e, 0xc0, 0, 0, 0, 0, 0, 0, 0x01, 0x31)),
        ["a name behind the table"] = (Invalid, Head(0x00, 0xc8, 0x51, 0x01, 0x31)),
        ["an empty name"] = (Invalid, Head(0x00, 0xc8, 0x00, 0x00, 0x01, 0x31)),
        ["a name with a space"] = (Invalid, Named("x a", "1")),
        ["a name with a colon"] = (Invalid, Named("x:a", "1")),
        ["a name with a line break"] = (Invalid, Named("x\r\nx-injected", "1")),
        ["a name beyond ASCII"] = (Invalid, Named("x\u00e9", "1")),
        ["a value with CR LF"] = (Invalid, Named("x-a", "1\r\nx-injected: 1")),
        ["a value with LF"] = (Invalid, Named("x-a", "1\nx-injected: 1")),
        ["a value with CR"] = (Invalid, Named("x-a", "1\rx-injected: 1")),
        ["a value with NUL"] = (Invalid, Named("x-a", "1\0")),
        ["a value with a control character"] = (Invalid, Named("x-a", "1\u0001")),
        ["a value with DEL"] = (Invalid, Named("x-a", "1\u007f")),
        ["a second line with CR LF"] = (Invalid, Frame.Response(1, 200, fields: [("set-cookie", "a=1"), ("set-cookie", "b=2\r\nx-injected: 1")])),
        ["content-length that is no number"] = (Invalid, Frame.Response(1, 200, fields: ("content-length", "x"))),
        ["content-length below zero"] = (Invalid, Frame.Response(1, 200, fields: ("content-length", "-1"))),
        ["content-length twice, not the same"] = (Invalid, Frame.Response(1, 200, fields: [("content-length", "1"), ("content-length", "2")])),
        ["a wrong informational head"] = (Invalid, Frame.Response(1, 103, fields: ("x-a", "1\r\nx-injected: 1"))),
    };

    private static readonly Dictionary<string, (ErrorCode Code, Frame Frame)> AfterTheHead = new()
    {
        ["a second head"] = (Protocol, Frame.Response(1, 200)),
        ["a second head with END"] = (Protocol, Frame.Response(1, 200, end: true)),
        ["a late informational head"] = (Protocol, Frame.Response(1, 103)),
        ["trailers that end within a line"] = (Invalid, new Frame(FrameType.Trailers, 0, 1, [0x1e, 0x05, 0x31])),
        ["trailers with CR LF"] = (Invalid, Frame.Trailers(1, ("x-a", "1\r\nx-injected: 1"))),
        ["trailers of too many lines"] = (
            Invalid, Frame.Trailers(1, [.. Enumerable.Range(0, Numbers.MostFieldLines + 1).Select(static number => ($"x-{number}", ""))])),
    };

    private readonly IskandarServer _server = shared.Server;

    public static TheoryData<string> EarlyFaults => [.. BeforeTheHead.Keys];

    public static TheoryData<string> LateFaults => [.. AfterTheHead.Keys];

    [Theory]
    [MemberData(nameof(EarlyFaults))]
    public async Task Fault_BeforeTheHead_IsResponseInvalid(string name)
    {
        var (code, frame) = BeforeTheHead[name];
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Host);
        var stream = await client.NextStreamAsync();

        await stream.SendAsync(frame with { Stream = stream.Id });

        var head = await raw.ReadHeadAsync();
        Expect.Error(head, 502, "response_invalid");
        Assert.Null(head["x-injected"]);
        Assert.Equal(code, await stream.Reset.WithinAsync("RESET"));
        await AnotherIsServedAsync(client);
    }

    [Theory]
    [MemberData(nameof(LateFaults))]
    public async Task Fault_AfterTheHead_AbortsTheTransfer(string name)
    {
        var (code, frame) = AfterTheHead[name];
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync();
        await stream.RespondAsync(200);
        using var response = await visit;
        await stream.SendAsync(Frame.Data(stream.Id, "begun"));

        await stream.SendAsync(frame with { Stream = stream.Id });

        Assert.Equal(code, await stream.Reset.WithinAsync("RESET"));
        await Expect.AbortedAsync(response);
        await AnotherIsServedAsync(client);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(0x7fff_ffffu)]
    [InlineData(0x8000_0000u)]
    [InlineData(0xffff_ffffu)]
    public async Task Credit_NoneOrTooMuch_ResetsTheStream(uint credit)
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: {client.Host}\r\nContent-Length: 100\r\n\r\nbegun");
        var stream = await client.NextStreamAsync();

        await stream.SendAsync(Frame.Credit(stream.Id, credit));

        Assert.Equal(ErrorCode.FlowControlError, await stream.Reset.WithinAsync("RESET"));
        Expect.Error(await raw.ReadHeadAsync(), 502, "response_invalid");
        await AnotherIsServedAsync(client);
    }

    [Fact]
    public async Task Credit_AsMuchAsThereMayBe_IsTaken()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: {client.Host}\r\nContent-Length: 5\r\n\r\n");
        var stream = await client.NextStreamAsync();

        await stream.SendAsync(Frame.Credit(stream.Id, Numbers.MostCredit - Numbers.Window));
        await raw.SendAsync("hello");

        Assert.Equal(5, (await stream.ReadToEndAsync()).Length);
        await stream.AnswerAsync("fine");
        Assert.Equal(200, (await raw.ReadResponseAsync()).Status);
        Assert.False(stream.Reset.IsCompleted);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Content_AfterTheEnd_ResetsTheStream(bool endsWithTrailers, bool comesAsTrailers)
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: {client.Host}\r\nContent-Length: 100\r\n\r\nbegun");
        var stream = await client.NextStreamAsync();
        await stream.ReadAsync(5);

        // In one message: the request goes on, so the stream isn't over yet.
        await stream.SendAsync(
            Frame.Response(stream.Id, 200),
            endsWithTrailers ? Frame.Trailers(stream.Id) : Frame.Data(stream.Id, "end", end: true),
            comesAsTrailers ? Frame.Trailers(stream.Id) : Frame.Data(stream.Id, "more"));

        Assert.Equal(ErrorCode.ProtocolError, await stream.Reset.WithinAsync("RESET"));
        await AnotherIsServedAsync(client);
    }

    private static Frame Head(params byte[] payload) => new(FrameType.Response, 0, 1, payload);

    private static Frame Named(string name, string value) => Head(new PayloadWriter().Status(200).NamedLine(name, value).ToBytes());

    private static async Task AnotherIsServedAsync(BinaryClient client)
    {
        await client.StillServesAsync();
        Assert.False(client.Tunnel.IsGoneAway);
    }
}
