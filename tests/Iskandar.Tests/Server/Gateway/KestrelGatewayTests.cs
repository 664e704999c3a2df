using System.Text;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Server.Gateway;

/// <summary>What a visitor reads byte by byte, where it depends on the HTTP server under the gateway: ends that must not look clean.</summary>
public sealed class KestrelGatewayTests
{
    [Theory]
    [InlineData("10", "aGVsbG8=", "hello")]
    [InlineData("3", "aGVsbG8=", "hello")]
    public async Task ContentLength_NotThatOfTheContent_ErrorPageAndNothingElse(string declared, string body, string content)
    {
        await using var server = await InMemoryServer.StartAsync();
        var (peer, url) = await server.OpenTunnelAsync();
        await using var visitor = server.Connect();
        await SendAsync(visitor, "GET", url);
        var id = await peer.RequestAsync();

        await peer.SendAsync($$"""{"id":"{{id}}","status":200,"headers":{"content-length":"{{declared}}"},"body":"{{body}}","done":true}""");

        var response = await ReadToEndAsync(visitor);
        Assert.StartsWith("HTTP/1.1 502 ", response, StringComparison.Ordinal);
        Assert.DoesNotContain(content, response, StringComparison.Ordinal);
        AssertSized(response);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Content_BreaksOff_NeverACleanEnd(bool sized)
    {
        await using var server = await InMemoryServer.StartAsync();
        var (peer, url) = await server.OpenTunnelAsync();
        await using var visitor = server.Connect();
        await SendAsync(visitor, "GET", url);
        var id = await peer.RequestAsync();
        var headers = sized ? "\"content-length\":\"100\"" : "";
        await peer.SendAsync($$"""{"id":"{{id}}","status":200,"headers":{ {{headers}} },"body":"aGVsbG8="}""");

        await peer.RespondAsync(id, done: true, error: "origin_failed");

        var response = await ReadToEndAsync(visitor);
        if (response.StartsWith("HTTP/1.1 502 ", StringComparison.Ordinal))
        {
            // The failure overtook the first piece: nothing had been sent.
            AssertSized(response);
            return;
        }

        Assert.StartsWith("HTTP/1.1 200 ", response, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\n0\r\n\r\n", response, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Content_Unsized_ChunkedWithACleanEnd()
    {
        await using var server = await InMemoryServer.StartAsync();
        var (peer, url) = await server.OpenTunnelAsync();
        await using var visitor = server.Connect();
        await SendAsync(visitor, "GET", url);
        await peer.RespondAsync(await peer.RequestAsync(), 200, "hello", done: true);

        var response = await ReadToEndAsync(visitor);

        Assert.EndsWith("\r\n\r\n5\r\nhello\r\n0\r\n\r\n", response, StringComparison.Ordinal);
        Assert.DoesNotContain("Server:", response, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("HEAD", 200)]
    [InlineData("GET", 304)]
    public async Task ContentLength_WithoutContent_TheOriginsWordAndNoBody(string method, int status)
    {
        await using var server = await InMemoryServer.StartAsync();
        var (peer, url) = await server.OpenTunnelAsync();
        await using var visitor = server.Connect();
        await SendAsync(visitor, method, url);
        var id = await peer.RequestAsync();

        await peer.SendAsync($$"""{"id":"{{id}}","status":{{status}},"headers":{"content-length":"1234"},"body":"aGVsbG8=","done":true}""");

        var response = await ReadToEndAsync(visitor);
        Assert.StartsWith($"HTTP/1.1 {status} ", response, StringComparison.Ordinal);
        Assert.Contains("Content-Length: 1234\r\n", response, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", response, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(65_000, 204)]
    [InlineData(66_000, 431)]
    [InlineData(130_000, 431)]
    public async Task Fields_BelowAndOverTheLimit_ErrorPageOfOurOwn(int length, int status)
    {
        await using var server = await InMemoryServer.StartAsync();
        var (peer, url) = await server.OpenTunnelAsync();
        await using var visitor = server.Connect();
        var sent = visitor.WriteAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {url.Authority}\r\nConnection: close\r\nCookie: {new string('c', length)}\r\n\r\n"), Bounded.Token);

        if (status == 204)
        {
            await peer.RespondAsync(await peer.RequestAsync(), 204, done: true);
        }

        var response = await ReadToEndAsync(visitor);
        try
        {
            await sent.AsTask().Within();
        }
        catch (IOException)
        {
            // Answered and closed before the write was done with.
        }

        Assert.StartsWith($"HTTP/1.1 {status} ", response, StringComparison.Ordinal);
        Assert.Equal(status == 431, response.Contains("\r\nIskandar-Error: request_head_too_large\r\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Target_AbsoluteForm_OriginFormCrosses()
    {
        await using var server = await InMemoryServer.StartAsync();
        var (peer, url) = await server.OpenTunnelAsync();
        await using var visitor = server.Connect();
        await visitor.WriteAsync(Encoding.ASCII.GetBytes($"GET http://{url.Authority}/a%2Fb?c HTTP/1.1\r\nHost: {url.Authority}\r\nConnection: close\r\n\r\n"), Bounded.Token);

        var request = await peer.MessageAsync("request");
        await peer.RespondAsync((string)request["id"]!, 204, done: true);

        Assert.Equal("/a%2Fb?c", (string)request["path"]!);
        Assert.StartsWith("HTTP/1.1 204 ", await ReadToEndAsync(visitor), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Connection: close, X-Hop\r\nX-Hop: 1\r\n")]
    [InlineData("Connection: X-Hop\r\nConnection: close\r\nX-Hop: 1\r\n")]
    [InlineData("Connection: keep-alive, X-Hop, close\r\nX-Hop: 1\r\n")]
    public async Task Field_NamedByConnection_Dropped(string fields)
    {
        await using var server = await InMemoryServer.StartAsync();
        var (peer, url) = await server.OpenTunnelAsync();
        await using var visitor = server.Connect();
        await visitor.WriteAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {url.Authority}\r\nX-Stays: 1\r\n{fields}\r\n"), Bounded.Token);

        var request = await peer.MessageAsync("request");
        await peer.RespondAsync((string)request["id"]!, 204, done: true);

        Assert.Equal((null, "1"), ((string?)request["headers"]!["x-hop"], (string)request["headers"]!["x-stays"]!));
        await ReadToEndAsync(visitor);
    }

    private static Task SendAsync(Stream visitor, string method, Uri url) => visitor.WriteAsync(
        Encoding.ASCII.GetBytes($"{method} / HTTP/1.1\r\nHost: {url.Authority}\r\nConnection: close\r\n\r\n"), Bounded.Token).AsTask().Within();

    // The end of the connection, whether clean or not.
    private static async Task<string> ReadToEndAsync(Stream visitor)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await visitor.ReadAsync(buffer, Bounded.Token).AsTask().Within() is > 0 and var count)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, count));
            }
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException && !Bounded.Token.IsCancellationRequested)
        {
            // Aborted: what came before counts.
        }

        return text.ToString();
    }

    // The content is exactly as long as the head says.
    private static void AssertSized(string response)
    {
        var end = response.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Assert.Contains($"Content-Length: {response.Length - end - 4}\r\n", response[..(end + 2)], StringComparison.Ordinal);
    }
}
