using System.IO.Pipelines;
using System.Text;
using Iskandar.Tests.Client.Hosting;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Cli.Http1;

/// <summary>Requests with content, and what becomes of them when either side doesn't keep to its part.</summary>
public sealed class ForwardedUploadTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private readonly Pipe _content = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));

    [Fact]
    public async Task Content_Sized_SentAsItIs()
    {
        await using var stage = OriginStage.RawMany(out var origins);
        var running = stage.ForwardAsync(new FakeExchange("POST", "/", "hello"));
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();

        Assert.Equal(["POST / HTTP/1.1", "Host: localhost:3000", "Content-Length: 5"], await OriginStage.ReadHeadAsync(origin));
        Assert.Equal("hello", await origin.HearAsync(5));
        await origin.SayAsync(Answer);

        Assert.Equal(["200 ok."], await running);
    }

    [Fact]
    public async Task Content_Unsized_ChunkedAndEachPieceAtOnce()
    {
        await using var stage = OriginStage.RawMany(out var origins);
        var exchange = Arriving(null);
        exchange.RequestTrailers.Add("X-Sum", "1");
        exchange.RequestTrailers.Add("X-Empty", "");
        var running = stage.ForwardAsync(exchange);
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();

        // The head doesn't wait for content.
        Assert.Equal(["POST / HTTP/1.1", "Host: localhost:3000", "Transfer-Encoding: chunked"], await OriginStage.ReadHeadAsync(origin));
        await PutAsync("hello");
        Assert.Equal("5\r\nhello\r\n", await origin.HearAsync(10));
        await PutAsync("and some more");
        Assert.Equal("D\r\nand some more\r\n", await origin.HearAsync(18));
        await _content.Writer.CompleteAsync();
        Assert.Equal("0\r\nX-Sum: 1\r\nX-Empty: \r\n\r\n", await origin.HearAsync(26));
        await origin.SayAsync(Answer);

        Assert.Equal(["200 ok."], await running);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(8 * 1024)]
    [InlineData((8 * 1024) + 1)]
    [InlineData(200_000)]
    public async Task Content_AnyLength_AllOfItInOrder(int length)
    {
        var content = string.Concat(Enumerable.Range(100_000, (length / 6) + 1))[..length];
        foreach (var declared in (long?[])[length, null])
        {
            await using var stage = OriginStage.RawMany(out var origins);
            var running = stage.ForwardAsync(new FakeExchange("POST") { Arriving = new MemoryStream(Encoding.ASCII.GetBytes(content)), ArrivingLength = declared });
            await using var origin = await origins.ReadAsync(Bounded.Token).Within();
            await OriginStage.ReadHeadAsync(origin);

            Assert.Equal(content, declared is null ? await HearChunksAsync(origin) : await origin.HearAsync(length));
            await origin.SayAsync(Answer);

            Assert.Equal(["200 ok."], await running);
        }
    }

    [Fact]
    public async Task Origin_AnswersWhileItReads_BothGoOn()
    {
        await using var stage = OriginStage.RawMany(out var origins);
        var exchange = Arriving(null);
        var running = stage.ForwardAsync(exchange);
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);

        await origin.SayAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\non\r\n");
        await exchange.UntilSentAsync("200 on");
        await PutAsync("hello");
        Assert.Equal("5\r\nhello\r\n", await origin.HearAsync(10));
        await _content.Writer.CompleteAsync();
        Assert.Equal("0\r\n\r\n", await origin.HearAsync(5));
        await origin.SayAsync("3\r\noff\r\n0\r\n\r\n");

        Assert.Equal("200 onoff.", string.Concat(await running));
        var next = stage.ForwardAsync(new FakeExchange());
        await OriginStage.ReadHeadAsync(origin);
        await origin.SayAsync(Answer);
        Assert.Equal(["200 ok."], await next);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(10L)]
    public async Task Origin_AnswersEarly_DeliveredAndConnectionNotUsedAgain(long? declared)
    {
        await using var stage = OriginStage.RawMany(out var origins);
        var running = stage.ForwardAsync(Arriving(declared));
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);
        await PutAsync("hello");
        await origin.HearAsync(5);

        await origin.SayAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");

        Assert.Equal(["413 no."], await running);
        Assert.DoesNotContain("0\r\n\r\n", await origin.HearToEndAsync(), StringComparison.Ordinal);
        await AssertNextOnANewOneAsync(stage, origins.ReadAsync(Bounded.Token).Within());
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1_000_000L)]
    public async Task Origin_AnswersEarlyAndReadsNothing_Delivered(long? declared)
    {
        await using var stage = OriginStage.RawMany(out var origins, capacity: 1024);
        var running = stage.ForwardAsync(new FakeExchange("POST") { Arriving = new MemoryStream(new byte[1_000_000]), ArrivingLength = declared });
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);

        await origin.SayAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");

        Assert.Equal(["413 no."], await running);
        Assert.True((await origin.HearToEndAsync()).Length < 1_000_000);
    }

    [Theory]
    [InlineData("", "failed origin_failed")]
    [InlineData("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno", "413 no.")]
    public async Task Origin_ClosesWhileContentIsAwaited_OverAtOnce(string answer, string expected)
    {
        await using var stage = OriginStage.RawMany(out var origins);
        var running = stage.ForwardAsync(Arriving(10));
        var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);
        await PutAsync("hello");
        await origin.HearAsync(5);

        await origin.SayAsync(answer);
        await origin.DisposeAsync();

        Assert.Equal([expected], await running);
    }

    [Fact]
    public async Task Origin_ClosesWhileContentIsSent_Fails()
    {
        await using var stage = OriginStage.RawMany(out var origins, capacity: 1024);
        var running = stage.ForwardAsync(new FakeExchange("POST") { Arriving = new MemoryStream(new byte[1_000_000]), ArrivingLength = 1_000_000 });
        var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);

        await origin.DisposeAsync();

        ForwardedResponseTests.AssertFailed(await running);
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("")]
    public async Task Content_ShorterThanDeclared_NeverAWholeRequestNorAResponse(string content)
    {
        await using var stage = OriginStage.RawMany(out var origins);
        var running = stage.ForwardAsync(Arriving(10));
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);

        await PutAsync(content);
        await _content.Writer.CompleteAsync();

        Assert.StartsWith(await origin.HearToEndAsync(), content, StringComparison.Ordinal);
        ForwardedResponseTests.AssertFailed(await running);
        await AssertNextOnANewOneAsync(stage, origins.ReadAsync(Bounded.Token).Within());
    }

    [Theory]
    [InlineData("hello and more")]
    [InlineData("hel", "lo and more")]
    public async Task Content_LongerThanDeclared_NoMoreThanThatSent(params string[] pieces)
    {
        await using var stage = OriginStage.RawMany(out var origins);
        var running = stage.ForwardAsync(Arriving(5));
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);
        foreach (var piece in pieces)
        {
            await PutAsync(piece);
        }

        Assert.StartsWith(await origin.HearToEndAsync(), "hello", StringComparison.Ordinal);
        ForwardedResponseTests.AssertFailed(await running);
        await AssertNextOnANewOneAsync(stage, origins.ReadAsync(Bounded.Token).Within());
    }

    [Fact]
    public async Task Content_LongerThanDeclaredAndTheRestLater_NoMoreThanThatSent()
    {
        await using var stage = OriginStage.RawMany(out var origins);
        var running = stage.ForwardAsync(Arriving(5));
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);
        await PutAsync("hello");
        Assert.Equal("hello", await origin.HearAsync(5));

        await PutAsync(" and more");
        await origin.SayAsync(Answer);

        Assert.Equal(["200 ok."], await running);
        var next = stage.ForwardAsync(new FakeExchange());
        Assert.Equal("GET / HTTP/1.1", (await OriginStage.ReadHeadAsync(origin))[0]);
        await origin.SayAsync(Answer);
        Assert.Equal(["200 ok."], await next);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(10L)]
    public async Task Content_BreaksOff_OriginNotLeftWaiting(long? declared)
    {
        await using var stage = OriginStage.RawMany(out var origins);
        var running = stage.ForwardAsync(Arriving(declared));
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);
        await PutAsync("hello");
        await origin.HearAsync(declared is null ? 10 : 5);

        await _content.Writer.CompleteAsync(new IOException("Broken off."));

        Assert.Equal("", await origin.HearToEndAsync());
        ForwardedResponseTests.AssertFailed(await running);
    }

    [Fact]
    public async Task Content_BreaksOffWhileTheResponseComes_ResponseNotEndedCleanly()
    {
        await using var stage = OriginStage.RawMany(out var origins);
        var exchange = Arriving(null);
        var running = stage.ForwardAsync(exchange);
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);
        await origin.SayAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        await exchange.UntilSentAsync("200 hello");

        await _content.Writer.CompleteAsync(new IOException("Broken off."));

        ForwardedResponseTests.AssertFailed(await running);
    }

    [Fact]
    public async Task Trailers_ThatCantBeWritten_FailsAndOriginNotLeftWaiting()
    {
        await using var stage = OriginStage.RawMany(out var origins);
        var exchange = Arriving(null);
        exchange.RequestTrailers.Add("X-Bad", "a\r\nb");
        var running = stage.ForwardAsync(exchange);
        await using var origin = await origins.ReadAsync(Bounded.Token).Within();
        await OriginStage.ReadHeadAsync(origin);

        await _content.Writer.CompleteAsync();

        Assert.DoesNotContain("a\r\nb", await origin.HearToEndAsync(), StringComparison.Ordinal);
        Assert.NotEqual("200 .", string.Concat(await running));
    }

    private static async Task<string> HearChunksAsync(Stream origin)
    {
        var content = new StringBuilder();
        while (true)
        {
            var line = "";
            while (!line.EndsWith("\r\n", StringComparison.Ordinal))
            {
                line += await origin.HearAsync(1);
            }

            var length = Convert.ToInt32(line.TrimEnd(), 16);
            content.Append(await origin.HearAsync(length));
            Assert.Equal("\r\n", await origin.HearAsync(2));
            if (length == 0)
            {
                return content.ToString();
            }
        }
    }

    private static async Task AssertNextOnANewOneAsync(OriginStage stage, Task<Stream> connection)
    {
        var running = stage.ForwardAsync(new FakeExchange());
        await using var origin = await connection;
        Assert.Equal("GET / HTTP/1.1", (await OriginStage.ReadHeadAsync(origin))[0]);
        await origin.SayAsync(Answer);
        Assert.Equal(["200 ok."], await running);
    }

    private FakeExchange Arriving(long? length) => new("POST") { Arriving = _content.Reader.AsStream(), ArrivingLength = length };

    private async Task PutAsync(string content) => await _content.Writer.WriteAsync(Encoding.ASCII.GetBytes(content), Bounded.Token).Within();
}
