using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Server.Gateway;

/// <summary>Trailers to a visitor who speaks HTTP/1.1 (RFC 9112 section 7.1.2), byte by byte.</summary>
public sealed class KestrelTrailersTests : IAsyncDisposable
{
    private readonly FakeTunnel _tunnel = new();
    private InMemoryServer? _server;
    private Stream? _visitor;

    [Theory]
    [InlineData("TE: trailers\r\nConnection: TE\r\n", "x-any")]
    [InlineData("TE: gzip, Trailers\r\n", "x-any")]
    [InlineData("", "trailer")]
    public async Task Visitor_TakesThemOrTheAppAnnouncesThem_BehindTheLastChunk(string fields, string field)
    {
        await RequestAsync("GET", fields);
        _tunnel.Exchange.Trailers.Add("X-Sum", "1");
        _tunnel.Exchange.Trailers.Add("Content-Type", "text/evil");
        _tunnel.Exchange.Trailers.Add("X-Empty", "");

        await RespondAsync([(field, "X-Sum")]);

        var response = await ReadToEndAsync();
        Assert.EndsWith("\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Empty: \r\n\r\n", response, StringComparison.Ordinal);
        Assert.Equal(1, response.Split("Transfer-Encoding: chunked\r\n").Length - 1);
    }

    [Fact]
    public async Task Visitor_SaysNothingOfThem_ContentAlone()
    {
        await RequestAsync("GET", "");
        _tunnel.Exchange.Trailers.Add("X-Sum", "1");

        await RespondAsync([]);

        Assert.EndsWith("\r\n\r\n5\r\nhello\r\n0\r\n\r\n", await ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Visitor_Http10_ContentAlone()
    {
        await RequestAsync("GET", "TE: trailers\r\n", "1.0");
        _tunnel.Exchange.Trailers.Add("X-Sum", "1");

        await RespondAsync([]);

        var response = await ReadToEndAsync();
        Assert.EndsWith("\r\n\r\nhello", response, StringComparison.Ordinal);
        Assert.DoesNotContain("Transfer-Encoding", response, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Content_Sized_AsItIs()
    {
        await RequestAsync("GET", "TE: trailers\r\n");
        await RespondAsync([("content-length", "5")]);

        Assert.EndsWith("\r\n\r\nhello", await ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connection_KeptAlive_AllThereAndUsable()
    {
        await RequestAsync("GET", "TE: trailers\r\n", connection: "keep-alive");
        _tunnel.Exchange.Trailers.Add("X-Sum", "1");

        await RespondAsync([]);

        await ReadUntilAsync("\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n");
        await _visitor!.WriteAsync("GET /health HTTP/1.1\r\nHost: tunnel.example.com\r\n\r\n"u8.ToArray(), Bounded.Token);
        Assert.StartsWith("HTTP/1.1 200 ", await ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Content_Breaks_NeverTheLastChunk()
    {
        await RequestAsync("GET", "TE: trailers\r\n");
        _tunnel.Exchange.Respond(200);
        await _tunnel.Exchange.ReceiveAsync("hello");
        var start = await ReadUntilAsync("hello\r\n");

        _tunnel.Exchange.Cancel(ExchangeError.OriginFailed);

        Assert.DoesNotContain("0\r\n\r\n", start + await ReadToEndAsync(), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_visitor is not null)
        {
            await _visitor.DisposeAsync();
        }

        await _tunnel.DisposeAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    private async Task RequestAsync(string method, string fields, string version = "1.1", string connection = "close")
    {
        _server = await InMemoryServer.StartAsync();
        var url = _server.AttachTunnel(_tunnel);
        _visitor = _server.Connect();
        await _visitor.WriteAsync(Encoding.ASCII.GetBytes($"{method} / HTTP/{version}\r\nHost: {url.Authority}\r\nConnection: {connection}\r\n{fields}\r\n"), Bounded.Token);
        await _tunnel.Exchange.HeadAsync();
    }

    private async Task RespondAsync((string Name, string Value)[] fields)
    {
        _tunnel.Exchange.Respond(200, fields);
        await _tunnel.Exchange.ReceiveAsync("hello");
        _tunnel.Exchange.End();
    }

    private async Task<string> ReadUntilAsync(string end)
    {
        var text = new StringBuilder();
        var buffer = new byte[1];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            await _visitor!.ReadExactlyAsync(buffer, Bounded.Token).AsTask().Within();
            text.Append((char)buffer[0]);
        }

        return text.ToString();
    }

    // The end of the connection, whether clean or not.
    private async Task<string> ReadToEndAsync()
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await _visitor!.ReadAsync(buffer, Bounded.Token).AsTask().Within() is > 0 and var count)
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
}
