using System.Security.Cryptography;
using System.Text;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary.Gateway;

/// <summary>Responses in all the forms that the document allows.</summary>
public class ResponseTests(SharedServer shared)
{
    private readonly IskandarServer _server = shared.Server;

    [Fact]
    public async Task Response_InOneMessage_Arrives()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync();

        await stream.SendAsync(
            Frame.Response(stream.Id, 207, fields: ("x-a", "1")),
            Frame.Data(stream.Id, "hel"),
            Frame.Data(stream.Id, ""),
            Frame.Data(stream.Id, "lo", end: true));

        using var response = await visit;
        await Expect.TextAsync(response, "hello", System.Net.HttpStatusCode.MultiStatus);
        Assert.Equal("1", Assert.Single(response.Headers.GetValues("X-A")));
    }

    [Fact]
    public async Task Response_InManyMessages_Arrives()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync();

        await stream.RespondAsync(200);
        foreach (var letter in "hello")
        {
            await stream.SendAsync(Frame.Data(stream.Id, $"{letter}"));
        }

        await stream.SendAsync(Frame.Data(stream.Id, "", end: true));

        using var response = await visit;
        await Expect.TextAsync(response, "hello");
    }

    [Theory]
    [InlineData(200)]
    [InlineData(204)]
    [InlineData(404)]
    [InlineData(599)]
    public async Task Response_WithoutContent_IsTheHeadAlone(int status)
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync();

        await stream.RespondAsync(status, end: true);

        using var response = await visit;
        await Expect.TextAsync(response, "", (System.Net.HttpStatusCode)status);
        Assert.Null(Expect.ErrorCode(response));
    }

    [Fact]
    public async Task Responses_OfManyExchanges_MayShareAMessage()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var visits = new List<(Task<HttpResponseMessage> Visit, BinaryStream Stream)>();
        for (var number = 0; number < 10; number++)
        {
            visits.Add(await client.BeginAsync($"/{number}"));
        }

        await client.Tunnel.SendAsync(
        [
            .. visits.Select(static visit => Frame.Response(visit.Stream.Id, 200)),
            .. visits.Select(static visit => Frame.Data(visit.Stream.Id, "target ")),
            .. Enumerable.Reverse(visits).Select(static visit => Frame.Data(visit.Stream.Id, visit.Stream.Request.Target, end: true)),
        ]);

        foreach (var (number, (visit, _)) in visits.Index())
        {
            using var response = await visit;
            await Expect.TextAsync(response, $"target /{number}");
        }
    }

    [Fact]
    public async Task Message_InFragmentsOfOneByte_IsTheSameMessage()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync();
        byte[] message =
            [.. Frame.Response(stream.Id, 200, fields: ("content-type", "text/plain")).ToBytes(), .. Frame.Data(stream.Id, "hello", end: true).ToBytes()];

        foreach (var (number, single) in message.Index())
        {
            await client.Tunnel.SendBytesAsync(new[] { single }, isWhole: number == message.Length - 1);
        }

        using var response = await visit;
        await Expect.TextAsync(response, "hello");
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Data_Each_ReachesTheVisitorAtOnce()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync();

        // The head alone first: an event stream may have nothing to say for long.
        await stream.RespondAsync(200, fields: ("content-type", "text/event-stream"));
        using var response = await visit;
        await using var content = await response.Content.ReadAsStreamAsync(Bounded.Token());
        for (var number = 0; number < 20; number++)
        {
            await stream.SendAsync(Frame.Data(stream.Id, $"data: {number}\n\n"));
            await Expect.NextTextAsync(content, $"data: {number}\n\n");
        }

        await stream.SendAsync(Frame.Data(stream.Id, "", end: true));
        Assert.Equal(0, await content.ReadAsync(new byte[1], Bounded.Token()));
    }

    [Fact]
    public async Task Data_WithContentLength_ReachesTheVisitorAtOnce()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync();

        await stream.RespondAsync(200, fields: ("content-length", "11"));
        using var response = await visit;
        Assert.Equal(11, response.Content.Headers.ContentLength);
        await using var content = await response.Content.ReadAsStreamAsync(Bounded.Token());
        await stream.SendAsync(Frame.Data(stream.Id, "hello"));
        await Expect.NextTextAsync(content, "hello");
        await stream.SendAsync(Frame.Data(stream.Id, " world", end: true));
        await Expect.NextTextAsync(content, " world");
        Assert.Equal(0, await content.ReadAsync(new byte[1], Bounded.Token()));
    }

    [Fact]
    public async Task Responses_InReversedOrder_ReachTheirVisitors()
    {
        const int Many = 200;
        await using var client = await BinaryClient.ConnectAsync(_server);
        var visits = Enumerable.Range(0, Many).Select(number => client.VisitAsync($"/{number}")).ToList();
        var streams = new List<BinaryStream>();
        while (streams.Count < Many)
        {
            streams.Add(await client.NextStreamAsync());
        }

        foreach (var stream in Enumerable.Reverse(streams))
        {
            await stream.AnswerAsync(stream.Request.Target);
        }

        foreach (var (number, visit) in visits.Index())
        {
            using var response = await visit;
            await Expect.TextAsync(response, $"/{number}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Numbers.LongestData)]
    [InlineData(Numbers.Window)]
    [InlineData(Numbers.Window + 1)]
    [InlineData(20_000_000)]
    public async Task Content_OfAnySize_ArrivesWhole(int size)
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var content = RandomNumberGenerator.GetBytes(size);
        var (visit, stream) = await client.BeginAsync(completion: HttpCompletionOption.ResponseContentRead);

        await stream.RespondAsync(200);
        await stream.SendDataAsync(content, end: true);

        using var response = await visit;
        var received = await response.Content.ReadAsByteArrayAsync(Bounded.Token());
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(received));
    }

    [Fact]
    public async Task Content_OfTheWindow_NeedsNoCredit()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var content = RandomNumberGenerator.GetBytes(Numbers.Window);
        var (visit, stream) = await client.BeginAsync(completion: HttpCompletionOption.ResponseContentRead);

        await client.Tunnel.SendAsync(
        [
            Frame.Response(stream.Id, 200),
            .. content.Chunk(Numbers.LongestData).Select(chunk => Frame.Data(stream.Id, chunk)),
            Frame.Data(stream.Id, "", end: true),
        ]);

        using var response = await visit;
        Assert.Equal(content, await response.Content.ReadAsByteArrayAsync(Bounded.Token()));
    }

    [Theory]
    [InlineData(103)]
    [InlineData(102)]
    [InlineData(199)]
    public async Task Informational_BeforeTheFinalOne_DisturbsNothing(int status)
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Host);
        var stream = await client.NextStreamAsync();

        await stream.RespondAsync(status, fields: ("link", "</a.css>; rel=preload"));
        await stream.RespondAsync(status, fields: ("link", "</b.css>; rel=preload"));
        await stream.AnswerAsync("final", fields: ("x-a", "1"));

        var head = await raw.ReadHeadAsync();
        while (head.Status < 200)
        {
            head = await raw.ReadHeadAsync();
        }

        Assert.Equal((200, "1", null), (head.Status, head["X-A"], head["Link"]));
        Assert.Equal("final", Encoding.ASCII.GetString((await raw.ReadResponseAsync(head)).Body));
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Trailers_AfterTheContent_CompleteTheResponse()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync(completion: HttpCompletionOption.ResponseContentRead);

        await stream.SendAsync(Frame.Response(stream.Id, 200), Frame.Data(stream.Id, "hello"), Frame.Trailers(stream.Id, ("x-sum", "5")));

        using var response = await visit;
        await Expect.TextAsync(response, "hello");
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Trailers_WithoutLinesOrContent_CompleteTheResponse()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync(completion: HttpCompletionOption.ResponseContentRead);

        await stream.SendAsync(Frame.Response(stream.Id, 200), Frame.Trailers(stream.Id));

        using var response = await visit;
        await Expect.TextAsync(response, "");
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Frames_ForAStreamThatIsOver_AreIgnored()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync(completion: HttpCompletionOption.ResponseContentRead);

        await stream.AnswerAsync("once");
        await stream.SendAsync(
            Frame.Response(stream.Id, 200),
            Frame.Data(stream.Id, "twice"),
            Frame.Trailers(stream.Id),
            Frame.Credit(stream.Id, 1),
            Frame.Reset(stream.Id, ErrorCode.OriginFailed));

        using var response = await visit;
        await Expect.TextAsync(response, "once");
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Flags_ThatATypeDoesNotDefine_AreIgnored()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync(completion: HttpCompletionOption.ResponseContentRead);

        await stream.SendAsync(
            Frame.Response(stream.Id, 200) with { Flags = 0xfe },
            Frame.Data(stream.Id, "hel") with { Flags = 0xfe },
            Frame.Credit(stream.Id, 1) with { Flags = 0xff },
            Frame.Data(stream.Id, "lo", end: true) with { Flags = 0xff });

        using var response = await visit;
        await Expect.TextAsync(response, "hello");
        await client.StillServesAsync();
    }
}
