using System.IO.Pipelines;
using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Tests.Infrastructure;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Server.Gateway;

/// <summary>A WebSocket through a tunnel that can carry one: what is asked, what is answered, and every way it can end.</summary>
public sealed class VisitorUpgradeTests : IAsyncDisposable
{
    private const int Capacity = 1024;

    private readonly FakeTunnel _tunnel = new();
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Upgrade_Agreed_BytesBothWays()
    {
        var (server, browser) = DuplexStream.CreatePair();
        using var visitor = WebSocket(server);
        var visit = VisitAsync(visitor);
        Assert.Equal("GET / upgrade", await _tunnel.Exchange.HeadAsync());
        Assert.Equal("websocket", _tunnel.Exchange.Request.Fields.Find("Upgrade"));

        _tunnel.Exchange.Respond(101, ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", "x"));
        await browser.WriteAsync("from the visitor"u8.ToArray(), Bounded.Token);
        Assert.Equal("from the visitor", await _tunnel.Exchange.SentAsync(16));
        foreach (var piece in (string[])["one", "three"])
        {
            await _tunnel.Exchange.ReceiveAsync(piece);
            Assert.Equal(piece, await ReadAsync(browser, piece.Length));
        }

        Assert.Equal(
            (101, "websocket", "x", null),
            (visitor.Response.StatusCode, (string)visitor.Response.Headers.Upgrade!, (string)visitor.Response.Headers.SecWebSocketAccept!, visitor.MinDataRate));
        Assert.False(visit.IsCompleted);
        _tunnel.Exchange.End();
        await visit.Within();
        Assert.Equal((false, 8L, ExchangeError.None), (visitor.IsAborted, _tunnel.Exchange.ConsumedBytes, _tunnel.Exchange.Error));
    }

    [Theory]
    [InlineData(200)]
    [InlineData(426)]
    public async Task Upgrade_Refused_AnOrdinaryResponseAndTheRequestEnds(int status)
    {
        using var visitor = WebSocket(Stream.Null);
        var visit = VisitAsync(visitor);
        await _tunnel.Exchange.HeadAsync();

        _tunnel.Exchange.Respond(status, ("Content-Length", "2"));
        await _tunnel.Exchange.EndedAsync();
        await _tunnel.Exchange.ReceiveAsync("no");
        _tunnel.Exchange.End();
        await visit.Within();

        Assert.Equal((status, "no", false), (visitor.Response.StatusCode, visitor.Response.Sent, visitor.IsAborted));
        Assert.False(visitor.Response.Headers.ContainsKey("Upgrade"));
    }

    [Fact]
    public async Task Upgrade_NobodyAskedForIt_ResponseInvalid()
    {
        using var visitor = new Visitor();
        var visit = VisitAsync(visitor);
        Assert.Equal("GET / end", await _tunnel.Exchange.HeadAsync());

        _tunnel.Exchange.Respond(101);
        await visit.Within();

        Assert.Equal((502, "response_invalid"), (visitor.Response.StatusCode, visitor.ErrorCode));
    }

    [Fact]
    public async Task Upgrade_ToAnythingElse_NotAskedFor()
    {
        using var visitor = new Visitor { IsUpgradableRequest = true }.With("Connection", "Upgrade").With("Upgrade", "h2c");
        var visit = VisitAsync(visitor);

        Assert.Equal("GET / end", await _tunnel.Exchange.HeadAsync());
        Assert.Null(_tunnel.Exchange.Request.Fields.Find("Upgrade"));
        _tunnel.Exchange.Respond(204);
        _tunnel.Exchange.End();
        await visit.Within();
    }

    [Fact]
    public async Task Upgrade_ServerAllowsNoMore_ServerBusy()
    {
        using var visitor = WebSocket(upgraded: null);
        var visit = VisitAsync(visitor);
        await _tunnel.Exchange.HeadAsync();

        _tunnel.Exchange.Respond(101, ("Upgrade", "websocket"));
        await visit.Within();

        Assert.Equal((503, "server_busy"), (visitor.Response.StatusCode, visitor.ErrorCode));
    }

    [Fact]
    public async Task Visitor_LeavesBeforeTheAnswer_Cancelled()
    {
        using var visitor = WebSocket(Stream.Null);
        var visit = VisitAsync(visitor);
        await _tunnel.Exchange.HeadAsync();

        await visitor.LeaveAsync();
        await visit.Within();

        Assert.Equal((ExchangeError.Cancelled, true), (_tunnel.Exchange.Error, visitor.IsAborted));
    }

    [Fact]
    public async Task Visitor_EndsItsDirection_AppHasTheLastWord()
    {
        var (server, browser) = DuplexStream.CreatePair();
        using var visitor = WebSocket(new DeafStream(server));
        var visit = await UpgradedAsync(visitor);

        await browser.WriteAsync("last words"u8.ToArray(), Bounded.Token);
        await browser.DisposeAsync();
        await visitor.LeaveAsync();
        Assert.Equal("last words", await _tunnel.Exchange.SentAsync(10));
        await _tunnel.Exchange.EndedAsync();
        Assert.False(visit.IsCompleted);
        await _tunnel.Exchange.ReceiveAsync("an answer nobody hears");
        _tunnel.Exchange.End();

        await visit.Within();
        Assert.Equal((ExchangeError.None, false), (_tunnel.Exchange.Error, visitor.IsAborted));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Visitor_GoneAndAppGoesOn_CancelledAfterAWhile(bool isFull)
    {
        var (server, browser) = DuplexStream.CreatePair();
        using var visitor = WebSocket(new DeafStream(server));
        var visit = await UpgradedAsync(visitor);
        if (isFull)
        {
            _tunnel.Exchange.FillUp();
            await browser.WriteAsync("never sent"u8.ToArray(), Bounded.Token);
            await _tunnel.Exchange.Waiting.Within();
        }

        await browser.DisposeAsync();
        await visitor.LeaveAsync();
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(visit.IsCompleted);
        await Bounded.UntilAsync(
            () =>
            {
                // Its time begins when the gateway has seen that the visitor is gone.
                _time.Advance(TimeSpan.FromSeconds(0.1));
                return visit.IsCompleted;
            },
            "the visit is given up");

        await visit;
        Assert.Equal((ExchangeError.Cancelled, true), (_tunnel.Exchange.Error, visitor.IsAborted));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Visitor_Breaks_Cancelled(bool whenReadFrom)
    {
        var (input, output) = (new Pipe(), new Pipe());
        using var visitor = WebSocket(new DuplexStream(input.Reader, output.Writer));
        var visit = await UpgradedAsync(visitor);

        if (whenReadFrom)
        {
            await input.Writer.CompleteAsync(new IOException("Reset."));
        }
        else
        {
            await output.Reader.CompleteAsync();
            await _tunnel.Exchange.ReceiveAsync("x");
        }

        await visit.Within();
        Assert.Equal((ExchangeError.Cancelled, true), (_tunnel.Exchange.Error, visitor.IsAborted));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Exchange_Fails_VisitorAborted(bool takesNothing)
    {
        var (server, browser) = DuplexStream.CreatePair(Capacity);
        using var visitor = WebSocket(server);
        var visit = await UpgradedAsync(visitor);
        await _tunnel.Exchange.ReceiveAsync(new string('x', takesNothing ? 2 * Capacity : 10));
        await ReadAsync(browser, 10);

        _tunnel.Exchange.Cancel(ExchangeError.TunnelLost);

        await visit.Within();
        Assert.Equal((ExchangeError.TunnelLost, true), (_tunnel.Exchange.Error, visitor.IsAborted));
    }

    [Fact]
    public async Task App_TakesNothing_VisitorHasToWait()
    {
        var (server, browser) = DuplexStream.CreatePair(Capacity);
        using var visitor = WebSocket(server);
        var visit = await UpgradedAsync(visitor);
        _tunnel.Exchange.FillUp();

        // One piece is under way, one lies before the server: the third finds no room.
        var written = browser.WriteAsync(new byte[Capacity], Bounded.Token).AsTask();
        await _tunnel.Exchange.Waiting.Within();
        await written.Within();
        written = browser.WriteAsync(new byte[Capacity], Bounded.Token).AsTask();
        Assert.False(written.IsCompleted);

        _tunnel.Exchange.MakeRoom();
        await written.Within();
        Assert.Equal(2 * Capacity, (await _tunnel.Exchange.SentAsync(2 * Capacity))!.Length);
        _tunnel.Exchange.End();
        await visit.Within();
    }

    [Fact]
    public async Task Visitor_TakesNothing_NoCreditGivenBack()
    {
        var (server, browser) = DuplexStream.CreatePair(Capacity);
        using var visitor = WebSocket(server);
        var visit = await UpgradedAsync(visitor);
        await _tunnel.Exchange.ReceiveAsync("first");
        await ReadAsync(browser, 5);
        await Bounded.UntilAsync(() => _tunnel.Exchange.ConsumedBytes == 5, "the first piece is consumed");

        await _tunnel.Exchange.ReceiveAsync(new string('x', 2 * Capacity));
        await ReadAsync(browser, 1);
        Assert.Equal(5, _tunnel.Exchange.ConsumedBytes);

        await ReadAsync(browser, (2 * Capacity) - 1);
        await Bounded.UntilAsync(() => _tunnel.Exchange.ConsumedBytes == 5 + (2 * Capacity), "all is consumed");
        _tunnel.Exchange.End();
        await visit.Within();
    }

    [Fact]
    public async Task App_EndsWhileAPieceWaitsForRoom_ConnectionOver()
    {
        var (server, browser) = DuplexStream.CreatePair(Capacity);
        using var visitor = WebSocket(server);
        var visit = await UpgradedAsync(visitor);
        _tunnel.Exchange.FillUp();
        await browser.WriteAsync("too late"u8.ToArray(), Bounded.Token);
        await _tunnel.Exchange.Waiting.Within();

        _tunnel.Exchange.End();

        await visit.Within();
        Assert.Equal((ExchangeError.None, false), (_tunnel.Exchange.Error, visitor.IsAborted));
    }

    public ValueTask DisposeAsync() => _tunnel.DisposeAsync();

    private static Visitor WebSocket(Stream? upgraded) => new Visitor { IsUpgradableRequest = true, Upgraded = upgraded }
        .With("Connection", "Upgrade").With("Upgrade", "websocket");

    private static async Task<string> ReadAsync(Stream browser, int length)
    {
        var bytes = new byte[length];
        await browser.ReadExactlyAsync(bytes, Bounded.Token).AsTask().Within();
        return Encoding.UTF8.GetString(bytes);
    }

    private Task VisitAsync(Visitor visitor) => _tunnel.VisitAsync(visitor, _time);

    private async Task<Task> UpgradedAsync(Visitor visitor)
    {
        var visit = VisitAsync(visitor);
        await _tunnel.Exchange.HeadAsync();
        _tunnel.Exchange.Respond(101, ("Upgrade", "websocket"));
        await Bounded.UntilAsync(() => visitor.Response.HasStarted, "the 101 reaches the visitor");
        return visit;
    }
}
