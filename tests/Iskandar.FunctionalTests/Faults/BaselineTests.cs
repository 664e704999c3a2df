using Iskandar.FunctionalTests.Binary;
using Iskandar.FunctionalTests.Faults.Relay;
using Iskandar.FunctionalTests.Faults.Workloads;

namespace Iskandar.FunctionalTests.Faults;

/// <summary>A connection that is slow or odd, but holds: nothing may be noticed but the time it takes.</summary>
[Collection(HeavyTests.Name)]
public class BaselineTests
{
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(3);

    [Fact]
    public Task NoFault_AllWorkloadsAtOnce_AreWell() => FaultStage.RunAsync(async stage =>
    {
        await AllAtOnceAsync(stage, 8 << 20);

        Assert.Single(stage.Relay.Connections);
    });

    [Fact]
    public Task Fragments_OfOneByte_AllWorkloadsAreWell() => FaultStage.RunAsync(async stage =>
    {
        stage.Relay.Conditions.IsFragmenting = true;

        await AllAtOnceAsync(stage, 64 << 10);

        Assert.Single(stage.Relay.Connections);
    });

    [Fact]
    public Task Delay_AndLittleThroughput_AllWorkloadsAreWell() => FaultStage.RunAsync(async stage =>
    {
        stage.Relay.Conditions.Delay = TimeSpan.FromMilliseconds(30);
        stage.Relay.Conditions.BytesPerSecond = 4 << 20;

        await AllAtOnceAsync(stage, 4 << 20);

        Assert.Single(stage.Relay.Connections);
    });

    [Theory]
    [InlineData(Direction.ToServer)]
    [InlineData(Direction.ToClient)]
    public Task Stall_OfOneDirection_AllGoesOnAfterwards(Direction direction) => FaultStage.RunAsync(async stage =>
    {
        var stalled = stage.Relay.Traffic.AfterAsync(direction, 1 << 20, _ => stage.Relay.Conditions.Stall(direction));
        var all = AllAtOnceAsync(stage, 16 << 20);
        await stalled;
        await Task.Delay(Stall, stage.Token);
        Assert.False(all.IsCompleted);

        stage.Relay.Conditions.Release();
        await all;

        Assert.Single(stage.Relay.Connections);
    });

    private static async Task AllAtOnceAsync(FaultStage stage, long bytes)
    {
        using var events = await NumberedEvents.OpenAsync(stage);
        using var echo = await NumberedEcho.OpenAsync(stage);
        var transfers = Task.WhenAll(Transfers.DownloadAsync(stage, bytes), Transfers.UploadAsync(stage, bytes));
        await Effort.AllAsync("all workloads", transfers, events.RunAsync(transfers), echo.RunAsync(transfers));
    }
}
