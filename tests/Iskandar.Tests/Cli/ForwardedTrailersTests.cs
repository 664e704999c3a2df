using System.Text;
using Iskandar.Tests.Client.Hosting;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Cli;

/// <summary>Trailers of an origin's response.</summary>
public sealed class ForwardedTrailersTests
{
    [Fact]
    public async Task Chunked_WithTrailers_TheyFollowTheContent() => Assert.Equal(
        ["hello", "X-Sum: 3 X-Empty: ."],
        (await AnswerAsync("Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 3\r\nX-Empty:\r\nIskandar-Error: tunnel_lost\r\n\r\n"))[1..]);

    [Fact]
    public async Task Chunked_NoTrailers_EndSentByItself() => Assert.Equal(
        ["hello", "."], (await AnswerAsync("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"))[1..]);

    [Fact]
    public async Task Sized_OneMessage() => Assert.Equal(["200 hello."], await AnswerAsync("Content-Length: 5\r\n\r\nhello"));

    // The head is sent by itself or with the first bytes, as they come.
    private static async Task<string[]> AnswerAsync(string answer)
    {
        await using var stage = OriginStage.Raw(out var origin);
        var running = stage.ForwardAsync(new FakeExchange());
        await OriginStage.ReadHeadAsync(origin);

        await origin.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\n" + answer), Bounded.Token);

        var sent = await running;
        return sent[0] == "200 hello" ? ["200 ", "hello", .. sent.Skip(1)] : [.. sent];
    }
}
