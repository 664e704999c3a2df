using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>Exchanges that fail or are given up, and the end of a connection, as the client's end sees it.</summary>
public sealed class FrameClientEndTests
{
    private static readonly ResponseHead TooLarge = new() { Status = 200 };

    static FrameClientEndTests() => TooLarge.Fields.Add("X-Large", new string('x', 70_000));

    public static TheoryData<ExchangeError, ushort> Errors => new()
    {
        { ExchangeError.OriginUnreachable, 7 },
        { ExchangeError.OriginFailed, 8 },
        { ExchangeError.OriginTimeout, 9 },
        { ExchangeError.RequestInvalid, 5 },
        { ExchangeError.TunnelClosing, 11 },
        { ExchangeError.TunnelBusy, 10 },
        { ExchangeError.Cancelled, 8 },
    };

    /// <summary>What ends an exchange.</summary>
    public static TheoryData<string> Ends => new("reset", "lost", "closed", "stopped");

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Fail_BeforeOrAfterTheHead_ResetWithTheCodeOfTheError(ExchangeError error, ushort expected)
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (before, beforeStream) = await stage.RequestAsync(end: false);
        var (after, afterStream) = await stage.RequestAsync();
        await FrameClientStage.HeadAsync(after);
        await stage.Server.FrameAsync(FrameType.Response, afterStream);

        before.Fail(error);
        after.Fail(error);

        await stage.Server.ResetAsync(beforeStream, (ErrorCode)expected);
        await stage.Server.ResetAsync(afterStream, (ErrorCode)expected);

        // It is over: nothing more goes out.
        await FrameClientStage.HeadAsync(before, end: true);
        await FrameClientStage.SendAsync(after, new byte[FramePeer.Window + 1], end: true).Within();
        after.SendTrailers(new FieldSection());
        before.SendInformational(new ResponseHead { Status = 103 });
        before.Dispose();
        after.Dispose();
        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Fail_AfterTheEnd_Nothing()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        await FrameClientStage.HeadAsync(exchange, end: true);

        exchange.Fail(ExchangeError.OriginFailed);
        exchange.Dispose();
        exchange.Dispose();

        Assert.True((await stage.Server.FrameAsync(FrameType.Response, stream)).IsEnd);
        await stage.StillServesAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dispose_WithoutAnEnd_OriginFailed(bool headSent)
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        if (headSent)
        {
            await FrameClientStage.HeadAsync(exchange);
            await stage.Server.FrameAsync(FrameType.Response, stream);
        }

        exchange.Dispose();

        await stage.Server.ResetAsync(stream, ErrorCode.OriginFailed);
        await stage.Server.SendAsync(FrameBytes.Data(stream, "late"), FrameBytes.Credit(stream, 1));
        await stage.StillServesAsync();
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Exchange_GivenUp_TokenFiresAndNothingMoreIsSent(string end)
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        var cancelled = new TaskCompletionSource();
        await using var registration = exchange.Cancelled.Register(cancelled.SetResult);
        var reading = FrameClientStage.ReadAsync(exchange.OpenContent());

        await EndAsync(stage, stream, end);

        await cancelled.Task.Within();
        await Assert.ThrowsAsync<IOException>(() => reading.Within());
        await FrameClientStage.HeadAsync(exchange);
        await FrameClientStage.SendAsync(exchange, "late"u8.ToArray(), end: true);
        exchange.Fail(ExchangeError.OriginFailed);
        exchange.Dispose();
        Assert.True(exchange.Cancelled.IsCancellationRequested);
        if (end == "reset")
        {
            await stage.StillServesAsync();
        }
        else
        {
            if (end == "closed")
            {
                await stage.Server.HangUpAsync();
            }

            Assert.NotEqual("", await stage.Running.Within());
        }
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task WaitForCredit_GivenUp_Returns(string end)
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        await FrameClientStage.HeadAsync(exchange);
        await stage.Server.FrameAsync(FrameType.Response, stream);
        var sending = FrameClientStage.SendAsync(exchange, new byte[FramePeer.Window + 1], end: true);
        await stage.Server.DataAsync(stream, FramePeer.Window);
        Assert.False(sending.IsCompleted);

        await EndAsync(stage, stream, end);

        await sending.Within();
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task WaitForRoom_GivenUp_Returns(string end)
    {
        await using var stage = await FrameClientStage.StartAsync(capacity: 64 * 1024);
        var (exchange, stream) = (await stage.FillAsync())[^1];
        var sending = FrameClientStage.SendAsync(exchange, new byte[10], end: true);
        Assert.False(sending.IsCompleted);

        await EndAsync(stage, stream, end);

        await sending.Within();
    }

    [Theory]
    [InlineData("content")]
    [InlineData("the end")]
    [InlineData("content and the end")]
    [InlineData("credit")]
    public async Task Token_WhileItWaits_TheResponseIsAborted(string what)
    {
        await using var stage = await FrameClientStage.StartAsync(capacity: 64 * 1024);
        var (exchange, stream) = (await stage.FillAsync())[^1];
        using var impatient = new CancellationTokenSource();
        var content = what switch { "the end" => [], "credit" => new byte[FramePeer.Window + 1], _ => new byte[10] };
        var sending = FrameClientStage.SendAsync(exchange, content, end: what is "the end" or "content and the end", impatient.Token);
        Assert.False(sending.IsCompleted);

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.Within());

        // An app that goes on as if nothing had happened: what it sent is not all there, so it must not look as if it were.
        await FrameClientStage.SendAsync(exchange, "more"u8.ToArray()).Within();
        await FrameClientStage.SendAsync(exchange, [], end: true).Within();
        exchange.Dispose();

        var frame = await stage.Server.FrameAsync();
        while (frame.Stream != stream)
        {
            Assert.Equal(FrameType.Data, frame.Type);
            frame = await stage.Server.FrameAsync();
        }

        Assert.Equal((FrameType.Reset, ErrorCode.OriginFailed), (frame.Type, frame.Code));
    }

    [Fact]
    public async Task Head_OverTheServersLimit_ResetAndTheAppToldToStop()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        var cancelled = new TaskCompletionSource();
        await using var registration = exchange.Cancelled.Register(cancelled.SetResult);

        await exchange.SendHeadAsync(TooLarge, default, endOfResponse: false, Bounded.Token).Within();

        await stage.Server.ResetAsync(stream, ErrorCode.HeadTooLarge);
        await cancelled.Task.Within();
        await stage.StillServesAsync();
    }

    [Fact]
    public async Task Head_ServerTakesMoreThanAFrameHolds_ResetAllTheSame()
    {
        await using var stage = await FrameClientStage.StartAsync(registration: """{"subdomain":"abc123","maxFields":10000000}""");
        var (small, smallStream) = await stage.RequestAsync();
        await small.SendHeadAsync(TooLarge, default, endOfResponse: true, Bounded.Token).Within();
        await stage.Server.FrameAsync(FrameType.Response, smallStream);
        var (exchange, stream) = await stage.RequestAsync();
        var head = new ResponseHead { Status = 200 };
        head.Fields.Add("X-Large", new string('x', 140_000));

        await exchange.SendHeadAsync(head, default, endOfResponse: true, Bounded.Token).Within();

        await stage.Server.ResetAsync(stream, ErrorCode.HeadTooLarge);
    }

    [Fact]
    public async Task Informational_OverTheServersLimit_LeftOut()
    {
        await using var stage = await FrameClientStage.StartAsync(registration: """{"subdomain":"abc123","maxFields":20}""");
        var (exchange, stream) = await stage.RequestAsync();
        var hint = new ResponseHead { Status = 103 };
        hint.Fields.Add("Link", "</a>; rel=preload");

        exchange.SendInformational(hint);
        await FrameClientStage.HeadAsync(exchange, end: true);

        Assert.Equal(200, (await stage.Server.FrameAsync(FrameType.Response, stream)).Response.Status);
    }

    [Fact]
    public async Task Trailers_OverTheServersLimit_Reset()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        await FrameClientStage.HeadAsync(exchange);

        exchange.SendTrailers(TooLarge.Fields);

        await stage.Server.FrameAsync(FrameType.Response, stream);
        await stage.Server.ResetAsync(stream, ErrorCode.HeadTooLarge);
    }

    [Fact]
    public async Task MaxExchanges_Reached_RefusedUntilOneIsDisposed()
    {
        await using var stage = await FrameClientStage.StartAsync(static time => new ClientConnectionOptions { TimeProvider = time, MaxExchanges = 1 });
        var (first, firstStream) = await stage.RequestAsync();
        await FrameClientStage.HeadAsync(first, end: true);
        await stage.Server.FrameAsync(FrameType.Response, firstStream);

        await stage.Server.SendAsync(FrameBytes.Request(2));
        await stage.Server.ResetAsync(2, ErrorCode.TunnelBusy);

        first.Dispose();
        await stage.StillServesAfterAsync(2);
    }

    [Fact]
    public async Task StopAccepting_NewRequestsRefusedAndThoseInFlightFinish()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);

        stage.Connection.StopAccepting();
        stage.Connection.StopAccepting();

        var goAway = (await stage.Server.FrameAsync(FrameType.GoAway)).GoAway;
        Assert.Equal((stream, ErrorCode.TunnelClosing), (goAway.LastStream, goAway.Code));
        await stage.Server.SendAsync(FrameBytes.Request(2));
        await stage.Server.ResetAsync(2, ErrorCode.TunnelClosing);
        await stage.Server.SendAsync(FrameBytes.Data(stream, "content", end: true));
        Assert.Equal("content", await FrameClientStage.ReadTextAsync(exchange));
        await FrameClientStage.HeadAsync(exchange, end: true);
        Assert.True((await stage.Server.FrameAsync(FrameType.Response, stream)).IsEnd);
    }

    [Fact]
    public async Task Close_AfterAResponse_SentBehindIt()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();
        await FrameClientStage.HeadAsync(exchange, end: true);

        var closing = stage.Connection.CloseAsync(Bounded.Token);

        await stage.Server.FrameAsync(FrameType.Response, stream);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, await stage.Server.CloseFrameAsync());
        Assert.False(closing.IsCompleted);
        await stage.Server.CloseAsync();
        stage.Server.Socket.Abort();
        await closing.Within();
        await stage.Running.Within();
    }

    [Fact]
    public async Task Server_SaysWhyItGoes_ThatIsTheReason()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync();

        await stage.Server.SendAsync(FrameBytes.GoAway(stream, ErrorCode.Stopping, "The server is being replaced."));
        await FrameClientStage.HeadAsync(exchange, end: true);
        await stage.Server.FrameAsync(FrameType.Response, stream);
        await stage.Server.CloseAsync(WebSocketCloseStatus.EndpointUnavailable);

        Assert.Equal(WebSocketCloseStatus.NormalClosure, await stage.Server.CloseFrameAsync());
        stage.Server.Socket.Abort();
        Assert.Equal("The server is being replaced.", await stage.Running.Within());
    }

    [Fact]
    public async Task Content_StillReadWhenTheExchangeIsOver_NothingOfOthersSeen()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);
        await stage.Server.SendAsync(FrameBytes.Data(stream, "content"));
        await stage.StillServesAsync();
        var content = exchange.OpenContent();

        exchange.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => content.ReadAsync(new byte[5], Bounded.Token).AsTask());
    }

    [Fact]
    public async Task Content_BeingReadWhenTheExchangeIsDisposed_TheReadEnds()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, _) = await stage.RequestAsync(end: false);
        var reading = exchange.OpenContent().ReadAsync(new byte[5], Bounded.Token).AsTask();

        exchange.Dispose();

        // It may see the end of the request before that of the exchange.
        var fault = await Assert.ThrowsAnyAsync<Exception>(() => reading.Within());
        Assert.True(fault is ObjectDisposedException or IOException, fault.ToString());
    }

    [Fact]
    public async Task Content_CompleteWhenTheExchangeIsGivenUp_StaysWhole()
    {
        await using var stage = await FrameClientStage.StartAsync();
        var (exchange, stream) = await stage.RequestAsync(end: false);

        await stage.Server.SendAsync(FrameBytes.Data(stream, "all", end: true), FrameBytes.Reset(stream, ErrorCode.Done));

        Assert.Equal("all", await FrameClientStage.ReadTextAsync(exchange));
        await stage.StillServesAsync();
        Assert.True(exchange.Cancelled.IsCancellationRequested);
    }

    private static async Task EndAsync(FrameClientStage stage, uint stream, string end)
    {
        switch (end)
        {
            case "reset":
                await stage.Server.SendAsync(FrameBytes.Reset(stream, ErrorCode.Done));
                break;
            case "lost":
                stage.Server.Socket.Abort();
                break;
            case "closed":
                await stage.Server.CloseAsync();
                break;
            default:
                await stage.Stop.CancelAsync();
                break;
        }
    }
}
