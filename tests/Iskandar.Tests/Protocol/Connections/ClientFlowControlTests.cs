using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Connections;

/// <summary>Credit and cancellation, as the client's end keeps to them.</summary>
public sealed class ClientFlowControlTests
{
    private const string Registration = """{"subdomain":"abc123","maxMessage":16777216,"window":10}""";

    [Fact]
    public async Task Content_WithinTheWindow_SentAtOnce()
    {
        await using var stage = await ClientStage.StartAsync(Registration);
        var exchange = await stage.RequestAsync();

        await exchange.SendHeadAsync(new ResponseHead { Status = 200 }, new byte[10], endOfResponse: true, Bounded.Token).Within();

        var answer = await stage.Server.MessageAsync("response");
        Assert.Equal((10, true), (JsonPeer.BodyBytes(answer).Length, (bool)answer["done"]!));
    }

    [Fact]
    public async Task Content_OverTheWindow_WaitsForCredit()
    {
        await using var stage = await ClientStage.StartAsync(Registration);
        var exchange = await stage.RequestAsync();
        var content = Enumerable.Range(0, 25).Select(static i => (byte)i).ToArray();

        var sending = exchange.SendHeadAsync(new ResponseHead { Status = 200 }, content, endOfResponse: true, Bounded.Token).AsTask();

        Assert.Equal(200, (int)(await stage.Server.MessageAsync("response"))["status"]!);
        Assert.Equal(content[..10], JsonPeer.BodyBytes(await stage.Server.MessageAsync("response")));
        Assert.False(sending.IsCompleted);
        await CreditAsync(stage, 4);
        Assert.Equal(content[10..14], JsonPeer.BodyBytes(await stage.Server.MessageAsync("response")));
        Assert.False(sending.IsCompleted);
        await CreditAsync(stage, 1_000);
        var last = await stage.Server.MessageAsync("response");
        Assert.Equal(content[14..], JsonPeer.BodyBytes(last));
        Assert.True((bool)last["done"]!);
        await sending.Within();
    }

    [Fact]
    public async Task EndAndHead_NoCredit_NeedNone()
    {
        await using var stage = await ClientStage.StartAsync("""{"subdomain":"abc123","window":0}""");
        var exchange = await stage.RequestAsync();

        await exchange.SendHeadAsync(new ResponseHead { Status = 200 }, default, endOfResponse: false, Bounded.Token).Within();
        await exchange.SendContentAsync(default, endOfResponse: true, Bounded.Token).Within();

        await stage.Server.MessageAsync("response");
        Assert.True((bool)(await stage.Server.MessageAsync("response"))["done"]!);
    }

    [Fact]
    public async Task Credit_EachExchangeItsOwn_OneThatWaitsHoldsUpNoOther()
    {
        await using var stage = await ClientStage.StartAsync(Registration);
        var stuck = await stage.RequestAsync("stuck");
        var free = await stage.RequestAsync("free");
        var sending = stuck.SendHeadAsync(new ResponseHead { Status = 200 }, new byte[11], endOfResponse: true, Bounded.Token).AsTask();
        await stage.Server.MessageAsync("response");
        await stage.Server.MessageAsync("response");

        await free.SendHeadAsync(new ResponseHead { Status = 200 }, new byte[10], endOfResponse: true, Bounded.Token).Within();

        Assert.Equal("free", (string)(await stage.Server.MessageAsync("response"))["id"]!);
        Assert.False(sending.IsCompleted);
        await CreditAsync(stage, 1, "stuck");
        await sending.Within();
    }

    [Theory]
    [InlineData("\"bytes\":0")]
    [InlineData("\"bytes\":-5")]
    [InlineData("\"bytes\":\"5\"")]
    [InlineData("\"bytes\":null")]
    [InlineData("\"other\":5")]
    public async Task Credit_OfNothing_Ignored(string member)
    {
        await using var stage = await ClientStage.StartAsync(Registration);
        var exchange = await stage.RequestAsync();
        var sending = exchange.SendHeadAsync(new ResponseHead { Status = 200 }, new byte[11], endOfResponse: true, Bounded.Token).AsTask();
        await stage.Server.MessageAsync("response");
        await stage.Server.MessageAsync("response");

        await stage.Server.SendAsync($$"""{"type":"credit","id":"1",{{member}}}""");
        await stage.SynchronizeAsync();

        Assert.False(sending.IsCompleted);
        await CreditAsync(stage, long.MaxValue);
        await CreditAsync(stage, long.MaxValue);
        await sending.Within();
    }

    [Fact]
    public async Task Cancel_HandlerAtWork_TokenFiresAndNothingMoreIsSent()
    {
        await using var stage = await ClientStage.StartAsync();
        var exchange = await stage.RequestAsync();
        var cancelled = new TaskCompletionSource();
        await using var registration = exchange.Cancelled.Register(cancelled.SetResult);

        await stage.Server.SendAsync("""{"type":"cancel","id":"1"}""");
        await cancelled.Task.Within();

        await exchange.SendHeadAsync(new ResponseHead { Status = 200 }, "late"u8.ToArray(), endOfResponse: false, Bounded.Token);
        await exchange.SendContentAsync("later"u8.ToArray(), endOfResponse: true, Bounded.Token);
        exchange.Dispose();
        (await stage.RequestAsync("next")).Fail(ExchangeError.OriginFailed);
        Assert.Equal("next", (string)(await stage.Server.MessageAsync("response"))["id"]!);
    }

    [Fact]
    public async Task Cancel_ThenFail_NothingIsSent()
    {
        await using var stage = await ClientStage.StartAsync();
        var exchange = await stage.RequestAsync();
        await stage.Server.SendAsync("""{"type":"cancel","id":"1"}""");
        await stage.SynchronizeAsync();

        // As a forwarder does whose request to the origin was aborted.
        exchange.Fail(ExchangeError.OriginFailed);

        (await stage.RequestAsync("next")).Fail(ExchangeError.OriginFailed);
        Assert.Equal("next", (string)(await stage.Server.MessageAsync("response"))["id"]!);
    }

    [Fact]
    public async Task Cancel_BeforeAnybodyLooked_TokenHasFired()
    {
        await using var stage = await ClientStage.StartAsync();
        var exchange = await stage.RequestAsync();
        await stage.Server.SendAsync("""{"type":"cancel","id":"1"}""");
        await stage.SynchronizeAsync();

        Assert.True(exchange.Cancelled.IsCancellationRequested);
    }

    [Fact]
    public async Task Cancel_CallbackThrows_TheHandlerIsToldAndTheConnectionGoesOn()
    {
        await using var stage = await ClientStage.StartAsync();
        var exchange = await stage.RequestAsync();
        await using var registration = exchange.Cancelled.Register(static () => throw new InvalidDataException());

        await stage.Server.SendAsync("""{"type":"cancel","id":"1"}""");

        await Bounded.UntilAsync(
            () =>
            {
                lock (stage.CallbackFaults)
                {
                    return stage.CallbackFaults.Count == 1;
                }
            },
            "the handler is told");
        await stage.SynchronizeAsync();
    }

    [Fact]
    public async Task Content_StillReadWhenTheExchangeIsOver_NothingOfOthersSeen()
    {
        await using var stage = await ClientStage.StartAsync();
        await stage.Server.SendAsync("""{"type":"request","id":"1","method":"POST","path":"/","body":"aGVsbG8="}""");
        var exchange = await stage.AcceptAsync();
        var content = exchange.OpenContent();

        exchange.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => content.ReadAsync(new byte[5], Bounded.Token).AsTask());
    }

    [Fact]
    public async Task Cancel_WaitingForCredit_WaitEnds()
    {
        await using var stage = await ClientStage.StartAsync(Registration);
        var exchange = await stage.RequestAsync();
        var sending = exchange.SendHeadAsync(new ResponseHead { Status = 200 }, new byte[1_000], endOfResponse: true, Bounded.Token).AsTask();

        await stage.Server.SendAsync("""{"type":"cancel","id":"1"}""");

        await sending.Within();
    }

    [Fact]
    public async Task Token_WaitingForCredit_WaitEnds()
    {
        await using var stage = await ClientStage.StartAsync(Registration);
        var exchange = await stage.RequestAsync();
        using var impatient = new CancellationTokenSource();
        var sending = exchange.SendHeadAsync(new ResponseHead { Status = 200 }, new byte[1_000], endOfResponse: true, impatient.Token).AsTask();

        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.Within());
    }

    private static Task CreditAsync(ClientStage stage, long bytes, string id = "1") =>
        stage.Server.SendAsync($$"""{"type":"credit","id":"{{id}}","bytes":{{bytes}}}""");
}
