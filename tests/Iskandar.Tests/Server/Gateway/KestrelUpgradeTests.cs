using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Server.Gateway;

/// <summary>An upgraded connection byte by byte, where it depends on the HTTP server under the gateway: the 101, and how either side ends it.</summary>
public sealed class KestrelUpgradeTests : IAsyncDisposable
{
    private readonly FakeTunnel _tunnel = new();
    private InMemoryServer? _server;
    private Stream? _browser;

    [Fact]
    public async Task Head_Upgraded_ExactlyWhatAWebSocketNeeds()
    {
        await StartAsync();

        Assert.Equal("GET /ws upgrade", await _tunnel.Exchange.HeadAsync());
        Assert.Equal(
            ["websocket", "13", "dGhlIHNhbXBsZSBub25jZQ==", null],
            ((string[])["Upgrade", "Sec-WebSocket-Version", "Sec-WebSocket-Key", "Connection"]).Select(_tunnel.Exchange.Request.Fields.Find));
        _tunnel.Exchange.Respond(
            101, ("upgrade", "websocket"), ("connection", "upgrade, x-hop"), ("x-hop", "1"), ("content-length", "0"),
            ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), ("set-cookie", "a=1"), ("set-cookie", "b=2"));

        var fields = (await ReadHeadAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("HTTP/1.1 101 Switching Protocols", fields[0]);
        Assert.Equal(
            ["Connection: Upgrade", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Set-Cookie: a=1", "Set-Cookie: b=2", "Upgrade: websocket"],
            fields.Skip(1).Where(static field => !field.StartsWith("Date:", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        _tunnel.Exchange.End();
    }

    [Fact]
    public async Task App_Ends_VisitorSeesTheEndBehindTheLastByte()
    {
        await UpgradedAsync();
        await _browser!.WriteAsync("hello"u8.ToArray(), Bounded.Token);
        Assert.Equal("hello", await _tunnel.Exchange.SentAsync(5));

        await _tunnel.Exchange.ReceiveAsync("goodbye");
        _tunnel.Exchange.End();

        Assert.Equal("goodbye", await ReadAsync(7));
        Assert.Equal(0, await _browser.ReadAsync(new byte[1], Bounded.Token).AsTask().Within());
        await _tunnel.Exchange.Disposed.Within();
        Assert.Equal(ExchangeError.None, _tunnel.Exchange.Error);
    }

    [Fact]
    public async Task Visitor_Ends_WhatItSaidBeforeArrivesAndTheAppMayFinish()
    {
        await UpgradedAsync();

        await _browser!.WriteAsync("goodbye"u8.ToArray(), Bounded.Token);
        await _browser.DisposeAsync();

        Assert.Equal("goodbye", await _tunnel.Exchange.SentAsync(7));
        await _tunnel.Exchange.EndedAsync();
        await _tunnel.Exchange.ReceiveAsync("goodbye");
        _tunnel.Exchange.End();
        await _tunnel.Exchange.Disposed.Within();
        Assert.Equal(ExchangeError.None, _tunnel.Exchange.Error);
    }

    [Fact]
    public async Task Exchange_Fails_NothingMoreReachesTheVisitor()
    {
        await UpgradedAsync();
        await _tunnel.Exchange.ReceiveAsync("part");
        Assert.Equal("part", await ReadAsync(4));

        _tunnel.Exchange.Cancel(ExchangeError.OriginFailed);

        try
        {
            Assert.Equal(0, await _browser!.ReadAsync(new byte[1], Bounded.Token).AsTask().Within());
        }
        catch (IOException)
        {
            // Aborted: as it should look.
        }

        await _tunnel.Exchange.Disposed.Within();
    }

    [Fact]
    public async Task Upgrade_Refused_ConnectionStaysUsable()
    {
        await StartAsync();
        await _tunnel.Exchange.HeadAsync();
        _tunnel.Exchange.Respond(403, ("Content-Length", "2"));
        await _tunnel.Exchange.EndedAsync();
        await _tunnel.Exchange.ReceiveAsync("no");
        _tunnel.Exchange.End();

        Assert.StartsWith("HTTP/1.1 403 ", await ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal("no", await ReadAsync(2));
        await _browser!.WriteAsync("GET /health HTTP/1.1\r\nHost: tunnel.example.com\r\n\r\n"u8.ToArray(), Bounded.Token);
        Assert.StartsWith("HTTP/1.1 200 ", await ReadHeadAsync(), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        await _tunnel.DisposeAsync();
        await _server!.DisposeAsync();
    }

    private async Task StartAsync()
    {
        _server = await InMemoryServer.StartAsync();
        var url = _server.AttachTunnel(_tunnel);
        _browser = _server.Connect();
        await _browser.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"GET /ws HTTP/1.1\r\nHost: {url.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
            Bounded.Token);
    }

    private async Task UpgradedAsync()
    {
        await StartAsync();
        await _tunnel.Exchange.HeadAsync();
        _tunnel.Exchange.Respond(101, ("Upgrade", "websocket"));
        Assert.StartsWith("HTTP/1.1 101 ", await ReadHeadAsync(), StringComparison.Ordinal);
    }

    private async Task<string> ReadHeadAsync()
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            head.Append(await ReadAsync(1));
        }

        return head.ToString();
    }

    private async Task<string> ReadAsync(int length)
    {
        var bytes = new byte[length];
        await _browser!.ReadExactlyAsync(bytes, Bounded.Token).AsTask().Within();
        return Encoding.UTF8.GetString(bytes);
    }
}
