using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary.Cli;

/// <summary>What ends one exchange with the real client, and neither another nor the connection.</summary>
public class CliStreamErrorTests(CliFixture cli) : IClassFixture<CliFixture>
{
    private const ErrorCode Invalid = ErrorCode.RequestInvalid;

    private static readonly Dictionary<string, (ErrorCode Code, Frame Frame)> Heads = new()
    {
        ["no payload"] = (Invalid, Head()),
        ["a method alone"] = (Invalid, Head(0x01)),
        ["an end within a method"] = (Invalid, Head(0x00, 0x05, 0x50)),
        ["an empty method"] = (Invalid, Head(0x00, 0x00, 0x01, 0x2f)),
        ["a method with a space"] = (Invalid, Head(0x00, 0x03, 0x47, 0x20, 0x45, 0x01, 0x2f)),
        ["a method with a line break"] = (Invalid, Head(0x00, 0x03, 0x47, 0x0d, 0x0a, 0x01, 0x2f)),
        ["a method behind the numbers"] = (Invalid, Head(0x09, 0x01, 0x2f)),
        ["an end within a target"] = (Invalid, Head(0x01, 0x05, 0x2f)),
        ["an empty target"] = (Invalid, Head(0x01, 0x00)),
        ["a target of another origin"] = (Invalid, Target("http://evil.example/")),
        ["a target without a slash"] = (Invalid, Target("a")),
        ["a target with a space"] = (Invalid, Target("/a b")),
        ["a target with a line break"] = (Invalid, Target("/a\r\nx-injected:1")),
        ["an end behind a name's index"] = (Invalid, Head(0x01, 0x01, 0x2f, 0x1e)),
        ["an end within a value"] = (Invalid, Head(0x01, 0x01, 0x2f, 0x1e, 0x05, 0x31)),
        ["a size far beyond the end"] = (Invalid, Head(0x01, 0x01, 0x2f, 0x1e, 0xbf, 0xff, 0xff, 0xff, 0x31)),
        ["a size of 8 bytes"] = (Invalid, Head(0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0x01, 0x2f)),
        ["a name behind the table"] = (Invalid, Head(0x01, 0x01, 0x2f, 0x51, 0x01, 0x31)),
        ["an empty name"] = (Invalid, Field("", "1")),
        ["a name with a space"] = (Invalid, Field("x a", "1")),
        ["a name with a line break"] = (Invalid, Field("x\r\nx-injected", "1")),
        ["a value with CR LF"] = (Invalid, Field("x-a", "1\r\nx-injected: 1")),
        ["a value with LF"] = (Invalid, Field("x-a", "1\nx-injected: 1")),
        ["a value with NUL"] = (Invalid, Field("x-a", "1\0")),
        ["a value with DEL"] = (Invalid, Field("x-a", "1\u007f")),
        ["content-length that is no number"] = (Invalid, Field("content-length", "x")),
        ["too many lines"] = (Invalid, Lines(Numbers.MostFieldLines + 1, 0)),
        ["too much in all lines"] = (ErrorCode.HeadTooLarge, Lines(8, 8_200)),
    };

    public static TheoryData<string> Faults => [.. Heads.Keys];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Head_ThatCannotBeUsed_ResetsTheStream(string name)
    {
        var (code, frame) = Heads[name];
        var before = cli.Origin.Requests.Count;
        var stream = Register();

        await stream.SendAsync(frame with { Stream = stream.Id });

        Assert.Equal(code, await stream.Reset.WithinAsync("RESET"));
        Assert.Equal(before, cli.Origin.Requests.Count);
        await AnotherIsServedAsync();
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(6, false)]
    public async Task Content_ThatDoesNotAddUp_ResetsTheStream(int size, bool end)
    {
        cli.Origin.Map("/adding-up", static context => context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted));
        var stream = await OpenAsync("/adding-up", ("content-length", "5"));

        await stream.SendAsync(Frame.Data(stream.Id, new byte[size], end));

        Assert.Equal(Invalid, await stream.Reset.WithinAsync("RESET"));
        await AnotherIsServedAsync();
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(0x7fff_ffffu)]
    [InlineData(0xffff_ffffu)]
    public async Task Credit_NoneOrTooMuch_ResetsTheStream(uint credit)
    {
        var (stream, aborted) = await OpenWaitingAsync();

        await stream.SendAsync(Frame.Credit(stream.Id, credit));

        Assert.Equal(ErrorCode.FlowControlError, await stream.Reset.WithinAsync("RESET"));
        await aborted.PassAsync("the abort");
        await AnotherIsServedAsync();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Content_AfterTheEnd_ResetsTheStream(bool endsWithTrailers, bool comesAsTrailers)
    {
        var (stream, aborted) = await OpenWaitingAsync();

        await stream.SendAsync(
            endsWithTrailers ? Frame.Trailers(stream.Id) : Frame.Data(stream.Id, "end", end: true),
            comesAsTrailers ? Frame.Trailers(stream.Id) : Frame.Data(stream.Id, "more"));

        Assert.Equal(ErrorCode.ProtocolError, await stream.Reset.WithinAsync("RESET"));
        await aborted.PassAsync("the abort");
        await AnotherIsServedAsync();
    }

    [Fact]
    public async Task Trailers_ThatEndWithinALine_ResetTheStream()
    {
        var (stream, aborted) = await OpenWaitingAsync();

        await stream.SendAsync(new Frame(FrameType.Trailers, 0, stream.Id, [0x1e, 0x05, 0x31]));

        Assert.Equal(Invalid, await stream.Reset.WithinAsync("RESET"));
        await aborted.PassAsync("the abort");
        await AnotherIsServedAsync();
    }

    private static Frame Head(params byte[] payload) => new(FrameType.Request, Frame.EndFlag, 1, payload);

    private static Frame Target(string target) => Head(new PayloadWriter().Byte(1).Text(target).ToBytes());

    private static Frame Field(string name, string value) =>
        Head(new PayloadWriter().Byte(1).Text("/").Line("host", "abc.example.com").NamedLine(name, value).ToBytes());

    private static Frame Lines(int count, int length) => Frame.Request(
        1, "GET", "/", fields: [.. Enumerable.Range(0, count).Select(number => ($"x-{number}", new string('a', length)))]);

    private BinaryStream Register() => cli.Tunnel.Register(new RequestHead("GET", "/", new FieldSection([])));

    private Task<BinaryStream> OpenAsync(string path, params (string Name, string Value)[] fields) =>
        cli.Tunnel.OpenAsync("POST", path, end: false, fields: [("host", "abc.example.com"), .. fields]);

    /// <summary>An exchange that the origin doesn't answer, and when it was aborted there.</summary>
    private async Task<(BinaryStream Stream, Gate Aborted)> OpenWaitingAsync()
    {
        var path = $"/waiting-{Guid.NewGuid():N}";
        var arrived = new Gate();
        var aborted = new Gate();
        cli.Origin.Map(path, async context =>
        {
            await using var registration = context.RequestAborted.Register(aborted.Open);
            arrived.Open();
            await aborted.PassAsync("the abort");
        });
        var stream = await OpenAsync(path);
        await arrived.PassAsync("the request");
        return (stream, aborted);
    }

    private async Task AnotherIsServedAsync()
    {
        await cli.StillServesAsync();
        Assert.False(cli.Tunnel.IsGoneAway);
    }
}
