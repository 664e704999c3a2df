using Grpc.Core;
using Grpc.Net.Client;
using Iskandar.GrpcTests.Interop;

namespace Iskandar.GrpcTests;

/// <summary>Grpc.Net.Client and Grpc.AspNetCore: each case directly, and through the tunnel with the same outcome.</summary>
public sealed class InteropTests(GrpcStage stage)
{
    public static TheoryData<string> Cases => [.. InteropCase.All.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Case_Direct_IsAsItShouldBe(string name) => CheckAsync(name, stage.Direct);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Case_ThroughTheTunnel_IsAsItShouldBe(string name) => CheckAsync(name, stage.Tunnelled);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Case_ThroughTheTunnelToTls_IsAsItShouldBe(string name) => CheckAsync(name, stage.TunnelledToTls);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Visitor_Cancels_TheAppNoticesWithinASecond(bool afterAnAnswer)
    {
        var name = Guid.NewGuid().ToString("N");
        using var call = new Calls.CallsClient(stage.Tunnelled).Duplex(new Metadata { { "call", name }, { "echo", "x" } }, cancellationToken: Bounded.Token());
        await call.ResponseHeadersAsync;
        if (afterAnAnswer)
        {
            await call.RequestStream.WriteAsync(InteropCase.ToAsk(1, 1), Bounded.Token());
            Assert.True(await call.ResponseStream.MoveNext(Bounded.Token()));
        }

        call.Dispose();

        await CallsService.CancelledAsync(name).WithinAsync("the app's cancellation", seconds: 1);
    }

    [Fact]
    public async Task Deadline_Passes_TheAppNoticesToo()
    {
        var name = Guid.NewGuid().ToString("N");
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(500);
        using var call = new Calls.CallsClient(stage.Tunnelled).Duplex(new Metadata { { "call", name }, { "echo", "x" } }, deadline, Bounded.Token());
        await call.ResponseHeadersAsync;

        await CallsService.CancelledAsync(name).WithinAsync("the app's cancellation");
        Assert.Equal(StatusCode.DeadlineExceeded, (await InteropCase.FailureAsync(() => call.ResponseStream.MoveNext(Bounded.Token()))).StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task App_BreaksOff_IsNoCleanEnd(bool isDirect)
    {
        using var call = new Calls.CallsClient(isDirect ? stage.Direct : stage.Tunnelled).Duplex(cancellationToken: Bounded.Token());
        await call.RequestStream.WriteAsync(InteropCase.ToAsk(10, 0), Bounded.Token());
        Assert.True(await call.ResponseStream.MoveNext(Bounded.Token()));

        await call.RequestStream.WriteAsync(new Ask { Message = "break off" }, Bounded.Token());

        Assert.Equal(StatusCode.Internal, (await InteropCase.FailureAsync(() => call.ResponseStream.MoveNext(Bounded.Token()))).StatusCode);
    }

    [Fact]
    public async Task Calls_ManyAtOnce_AllAnswered()
    {
        var client = new Calls.CallsClient(stage.Tunnelled);
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(async size =>
        {
            using var call = client.Duplex(cancellationToken: Bounded.Token());
            await call.RequestStream.WriteAsync(InteropCase.ToAsk(size, 0), Bounded.Token());
            await call.ResponseStream.MoveNext(Bounded.Token());
            await call.RequestStream.CompleteAsync();
            return call.ResponseStream.Current.Payload.Length;
        }));

        Assert.Equal(Enumerable.Range(0, 100), answers);
    }

    private static async Task CheckAsync(string name, GrpcChannel channel)
    {
        var one = InteropCase.All[name];
        Assert.Equal(one.Expected, await one.Run(channel));
    }
}
