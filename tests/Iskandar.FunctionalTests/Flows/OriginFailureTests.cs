using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>Origins that are not there, or break off, or don't speak HTTP.</summary>
public class OriginFailureTests(SharedServer shared)
{
    private readonly IskandarServer _server = shared.Server;

    [Theory]
    [InlineData("text/html,application/xhtml+xml,*/*;q=0.8", "text/html")]
    [InlineData("application/json", "application/problem+json")]
    [InlineData("application/problem+json", "application/problem+json")]
    [InlineData("text/plain", "text/plain")]
    [InlineData(null, "text/plain")]
    public async Task DeadOrigin_Visitor_GetsOriginUnreachableAsItsAcceptAsks(string? accept, string mediaType)
    {
        await using var client = await IskandarClient.StartAsync(_server, Ports.Free());
        using var request = new HttpRequestMessage(HttpMethod.Get, client.Url);
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        var watch = Stopwatch.StartNew();
        using var response = await _server.Visitor.SendAsync(request, Bounded.Token());

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"It took {watch.Elapsed}.");
        Expect.Error(response, 502, "origin_unreachable");
        Assert.Equal(mediaType, response.Content.Headers.ContentType?.MediaType);
        var body = await response.Content.ReadAsStringAsync(Bounded.Token());
        if (mediaType == "application/problem+json")
        {
            Assert.Equal("origin_unreachable", (string?)JsonNode.Parse(body)!["code"]);
        }

        Assert.NotEmpty(body);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nbegun")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\nthis is no chunk\r\n")]
    public async Task Origin_BreaksOffAmidTheContent_VisitorsTransferIsAborted(string answer)
    {
        // The end must come after the visitor has seen the beginning, or there was nothing to abort.
        var seen = new Gate();
        await using var origin = RawOrigin.Answering(async stream =>
        {
            var cut = answer.IndexOf("begun", StringComparison.Ordinal) + "begun".Length;
            await stream.WriteAsync(Encoding.Latin1.GetBytes(answer[..cut]), Bounded.Token());
            await seen.PassAsync("the visitor's receipt");
            await stream.WriteAsync(Encoding.Latin1.GetBytes(answer[cut..]), Bounded.Token());
        });
        await using var client = await IskandarClient.StartAsync(_server, origin.Port);

        using var response = await _server.Visitor.GetAsync(client.Url, HttpCompletionOption.ResponseHeadersRead, Bounded.Token());
        await using var content = await response.Content.ReadAsStreamAsync(Bounded.Token());
        await Expect.NextTextAsync(content, "begun");
        seen.Open();

        var rest = content.ReadAsync(new byte[1], Bounded.Token()).AsTask();
        await Assert.ThrowsAnyAsync<IOException>(() => rest.WithinAsync("the end of the response", 2));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n")]
    public async Task Origin_BreaksOffAtOnce_IsNeverACompleteResponse(string answer)
    {
        await using var origin = RawOrigin.Answering(answer);
        await using var client = await IskandarClient.StartAsync(_server, origin.Port);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Url.Authority);

        var response = await raw.ReadResponseAsync();

        Assert.True(!response.IsComplete || response.Head["Iskandar-Error"] == "origin_failed", "A truncated response looks complete.");
    }

    [Theory]
    [InlineData("")]
    [InlineData("220 mail.example.com ESMTP\r\n", "origin_invalid")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    public async Task Origin_NoAnswer_ErrorPageSaysWhy(string answer, string code = "origin_failed")
    {
        await using var origin = RawOrigin.Answering(answer);
        await using var client = await IskandarClient.StartAsync(_server, origin.Port);

        using var response = await _server.Visitor.GetAsync(client.Url, Bounded.Token());

        Expect.Error(response, 502, code);
    }

    [Fact]
    public async Task Origin_StartedLater_IsReached()
    {
        var port = Ports.Free();
        await using var client = await IskandarClient.StartAsync(_server, port);
        using (var before = await _server.Visitor.GetAsync(client.Url, Bounded.Token()))
        {
            Expect.Error(before, 502, "origin_unreachable");
        }

        await using var origin = await TestOrigin.StartAsync(port);
        using var after = await _server.Visitor.GetAsync(client.Url, Bounded.Token());

        await Expect.TextAsync(after, "origin");
    }

    [Fact]
    public async Task Origin_ClosesItsIdleConnections_NobodyNotices()
    {
        await using var origin = RawOrigin.Answering(static async (NetworkStream stream) =>
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray(), Bounded.Token()));
        await using var client = await IskandarClient.StartAsync(_server, origin.Port);

        for (var number = 0; number < 20; number++)
        {
            using var response = await _server.Visitor.GetAsync(client.Url, Bounded.Token());
            await Expect.TextAsync(response, "ok");
        }
    }
}
