using System.Security.Cryptography;
using System.Text;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary.Gateway;

/// <summary>Request content: it streams, and obeys the client's credit.</summary>
public class UploadTests(SharedServer shared)
{
    // Less than the default limit for request content.
    private const int Large = 3 * 1024 * 1024;
    private readonly IskandarServer _server = shared.Server;

    [Theory]
    [InlineData("Content-Length: 11", "hello", " world", "")]
    [InlineData("Transfer-Encoding: chunked", "5\r\nhello\r\n", "6\r\n world\r\n", "0\r\n\r\n")]
    public async Task Content_SentInPieces_ArrivesPieceByPiece(string framing, string first, string second, string end)
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: {client.Host}\r\n{framing}\r\n\r\n");
        var stream = await client.NextStreamAsync();
        Assert.Equal(0, stream.Received);

        await raw.SendAsync(first);
        Assert.Equal("hello", Encoding.ASCII.GetString(await stream.ReadAsync(5)));
        await raw.SendAsync(second);
        Assert.Equal(" world", Encoding.ASCII.GetString(await stream.ReadAsync(6)));
        await raw.SendAsync(end);
        Assert.Empty(await stream.ReadToEndAsync());

        await stream.AnswerAsync("fine");
        Assert.Equal("fine", Encoding.ASCII.GetString((await raw.ReadResponseAsync()).Body));
    }

    [Fact]
    public async Task Content_WithoutCredit_StopsAtTheWindow()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var content = RandomNumberGenerator.GetBytes(Large);
        await using var raw = await _server.ConnectAsync();
        var sending = UploadAsync(raw, client, content);
        var stream = await client.NextStreamAsync();
        var received = new MemoryStream();

        var allowed = 0;
        foreach (var credit in (int[])[Numbers.Window, 1, 100_001])
        {
            if (allowed > 0)
            {
                await stream.CreditAsync(credit);
            }

            allowed += credit;
            received.Write(await stream.ReadAsync(credit));
            // What the server had sent beyond its credit would have come before another exchange.
            await client.StillServesAsync();
            Assert.Equal(allowed, stream.Received);
        }

        await stream.CreditAsync(Numbers.Window);
        received.Write(await stream.ReadToEndAsync());
        await sending;
        await stream.AnswerAsync("fine");
        Assert.Equal(200, (await raw.ReadResponseAsync()).Status);
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(received.ToArray()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Numbers.LongestData)]
    [InlineData(Numbers.LongestData + 1)]
    [InlineData(Numbers.Window)]
    [InlineData(Numbers.Window + 1)]
    [InlineData(Large)]
    public async Task Content_OfAnySize_ArrivesWhole(int size)
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var content = RandomNumberGenerator.GetBytes(size);
        using var body = new ByteArrayContent(content);
        var visit = _server.Visitor.PostAsync(client.Url, body, Bounded.Token());
        var stream = await client.NextStreamAsync();

        var received = await stream.ReadToEndAsync();
        await stream.AnswerAsync("fine");

        Assert.Equal(SHA256.HashData(content), SHA256.HashData(received));
        using var response = await visit;
        await Expect.TextAsync(response, "fine");
    }

    [Fact]
    public async Task Uploads_OneStalled_DoesNotHoldUpTheOther()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var content = RandomNumberGenerator.GetBytes(Large);
        await using var stalledVisitor = await _server.ConnectAsync();
        await using var quickVisitor = await _server.ConnectAsync();
        var stalledSending = UploadAsync(stalledVisitor, client, content);
        var stalled = await client.NextStreamAsync();
        var quickSending = UploadAsync(quickVisitor, client, content);
        var quick = await client.NextStreamAsync();

        Assert.Equal(SHA256.HashData(content), SHA256.HashData(await quick.ReadToEndAsync()));
        await quickSending;
        await quick.AnswerAsync("quick");
        Assert.Equal(200, (await quickVisitor.ReadResponseAsync()).Status);

        Assert.Equal(SHA256.HashData(content), SHA256.HashData(await stalled.ReadToEndAsync()));
        await stalledSending;
        await stalled.AnswerAsync("stalled");
        Assert.Equal(200, (await stalledVisitor.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task Expect_Continue_TheVisitorIsAskedWhenTheClientAsks()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();

        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: {client.Host}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        var stream = await client.NextStreamAsync();
        Assert.Equal("100-continue", stream.Request["expect"]);
        await stream.SendAsync(Frame.Response(stream.Id, 100));
        Assert.Equal(100, (await raw.ReadHeadAsync()).Status);
        await raw.SendAsync("hello");

        Assert.Equal("hello", Encoding.ASCII.GetString(await stream.ReadToEndAsync()));
        await stream.AnswerAsync("fine");
        Assert.Equal(200, (await raw.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task Response_WhileTheRequestGoesOn_ArrivesAtOnce()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: {client.Host}\r\nContent-Length: 6\r\n\r\n");
        var stream = await client.NextStreamAsync();

        await stream.RespondAsync(200, fields: ("content-length", "6"));
        var head = await raw.ReadHeadAsync();
        foreach (var letter in (string[])["a", "b", "c", "d", "e", "f"])
        {
            await raw.SendAsync(letter);
            Assert.Equal(letter, Encoding.ASCII.GetString(await stream.ReadAsync(1)));
            await stream.SendAsync(Frame.Data(stream.Id, letter, end: letter == "f"));
            Assert.Equal(letter, Encoding.ASCII.GetString(await raw.ReadExactlyAsync(1)));
        }

        Assert.Equal(200, head.Status);
        Assert.Empty(await stream.ReadToEndAsync());
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Done_AfterTheResponse_LeavesTheResponseGood()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: {client.Host}\r\nContent-Length: 100\r\n\r\nbegun");
        var stream = await client.NextStreamAsync();
        await stream.ReadAsync(5);

        await stream.AnswerAsync("enough", 413);
        await stream.ResetAsync(ErrorCode.Done);

        var response = await raw.ReadResponseAsync();
        Assert.Equal((413, true, "enough"), (response.Status, response.IsComplete, Encoding.ASCII.GetString(response.Body)));
        Assert.Null(response.Head["Iskandar-Error"]);
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Visitor_LeavesAmidTheContent_StreamIsReset()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: {client.Host}\r\nContent-Length: 100\r\n\r\nbegun");
        var stream = await client.NextStreamAsync();
        await stream.ReadAsync(5);

        raw.Reset();

        Assert.Equal(ErrorCode.Done, await stream.Reset.WithinAsync("RESET", 1));
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Visitor_LeavesWhileThereIsNoCredit_StreamIsReset()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: {client.Host}\r\nContent-Length: {Large}\r\n\r\n");
        var stream = await client.NextStreamAsync();
        // All that there is credit for, and not so much more that the server would have to stop reading.
        await raw.SendAsync(new byte[Numbers.Window + 1000]);
        await stream.ReadAsync(Numbers.Window);

        raw.Reset();

        Assert.Equal(ErrorCode.Done, await stream.Reset.WithinAsync("RESET", 1));
        await client.StillServesAsync();
    }

    private static async Task UploadAsync(RawVisitor raw, BinaryClient client, byte[] content)
    {
        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: {client.Host}\r\nContent-Length: {content.Length}\r\n\r\n");
        await raw.SendAsync(content);
    }
}
