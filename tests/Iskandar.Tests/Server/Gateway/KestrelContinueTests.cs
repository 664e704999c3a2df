using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Server.Gateway;

/// <summary>A visitor that waits to be asked for its content (RFC 9110 section 10.1.1), byte by byte: it is asked when the app asks, and not before.</summary>
public sealed class KestrelContinueTests : IAsyncDisposable
{
    private const string Asked = "HTTP/1.1 100 Continue\r\n\r\n";

    private readonly FakeTunnel _tunnel = new();
    private InMemoryServer? _server;
    private Stream? _visitor;

    [Fact]
    public async Task App_Asks_TheVisitorIsAskedAndTheContentCrosses()
    {
        await SendHeadAsync();
        Assert.Equal("100-continue", _tunnel.Exchange.Request.Fields.Find("Expect"));

        _tunnel.Exchange.Ask();

        Assert.Equal(Asked, await ReadAsync(Asked.Length));
        await _visitor!.WriteAsync("hello"u8.ToArray(), Bounded.Token);
        Assert.Equal("hello", await _tunnel.Exchange.SentAsync(5));
        await _tunnel.Exchange.EndedAsync();
        _tunnel.Exchange.Respond(200, ("content-length", "0"));
        _tunnel.Exchange.End();
        Assert.StartsWith("HTTP/1.1 200 ", await ReadAsync(13), StringComparison.Ordinal);
    }

    [Fact]
    public async Task App_AnswersWithoutAsking_TheAnswerAlone()
    {
        await SendHeadAsync();

        _tunnel.Exchange.Respond(417, ("content-length", "2"));
        await _tunnel.Exchange.ReceiveAsync("no");
        _tunnel.Exchange.End();

        var response = await ReadUntilAsync("\r\n\r\nno");
        Assert.StartsWith("HTTP/1.1 417 ", response, StringComparison.Ordinal);
        Assert.DoesNotContain("100 Continue", response, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\n", response, StringComparison.Ordinal);
        await _tunnel.Exchange.Disposed.Within();
    }

    [Fact]
    public async Task App_AnswersWithoutAskingAndReadsOn_WhatTheVisitorSendsAllTheSame()
    {
        await SendHeadAsync();
        _tunnel.Exchange.Respond(200, ("content-length", "5"));
        Assert.StartsWith("HTTP/1.1 200 ", await ReadAsync(13), StringComparison.Ordinal);

        await _visitor!.WriteAsync("hello"u8.ToArray(), Bounded.Token);

        Assert.Equal("hello", await _tunnel.Exchange.SentAsync(5));
        await _tunnel.Exchange.ReceiveAsync("hello");
        _tunnel.Exchange.End();
        await ReadUntilAsync("\r\n\r\nhello");
    }

    [Fact]
    public async Task App_AnswersInChunksWithoutAskingAndTrailersAreWelcome_AWholeAnswer()
    {
        await SendHeadAsync("TE: trailers\r\n");
        _tunnel.Exchange.Trailers.Add("X-Sum", "1");

        _tunnel.Exchange.Respond(401);
        await _tunnel.Exchange.ReceiveAsync("no");
        _tunnel.Exchange.End();

        Assert.StartsWith("HTTP/1.1 401 ", await ReadUntilAsync("\r\n\r\n2\r\nno\r\n0\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exchange_Fails_ErrorPageAndNothingAsked()
    {
        await SendHeadAsync();

        _tunnel.Exchange.Cancel(ExchangeError.OriginUnreachable);

        Assert.StartsWith("HTTP/1.1 502 ", await ReadAsync(13), StringComparison.Ordinal);
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

    private async Task SendHeadAsync(string fields = "")
    {
        _server = await InMemoryServer.StartAsync();
        var url = _server.AttachTunnel(_tunnel);
        _visitor = _server.Connect();
        await _visitor.WriteAsync(
            Encoding.ASCII.GetBytes($"PUT / HTTP/1.1\r\nHost: {url.Authority}\r\nExpect: 100-continue\r\nContent-Length: 5\r\n{fields}\r\n"), Bounded.Token);
        Assert.Equal("PUT /", await _tunnel.Exchange.HeadAsync());
    }

    private async Task<string> ReadAsync(int count)
    {
        var bytes = new byte[count];
        await _visitor!.ReadExactlyAsync(bytes, Bounded.Token).AsTask().Within();
        return Encoding.ASCII.GetString(bytes);
    }

    // Not to the end: for a while, Kestrel waits for the content that nobody took.
    private async Task<string> ReadUntilAsync(string end)
    {
        var text = "";
        while (!text.EndsWith(end, StringComparison.Ordinal))
        {
            text += await ReadAsync(1);
        }

        return text;
    }
}
