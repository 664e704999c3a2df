using Iskandar.FunctionalTests.Binary;
using Iskandar.FunctionalTests.Faults.Relay;
using Iskandar.FunctionalTests.Faults.Workloads;

namespace Iskandar.FunctionalTests.Faults;

/// <summary>Long contents come through whole, however often the tunnel connection is cut on the way.</summary>
[Collection(HeavyTests.Name)]
public class TransferCutTests
{
    // All cuts lie within the content, whatever is sent twice.
    private static readonly int BetweenCuts = (int)(Effort.TransferBytes / Effort.TransferCuts * 9 / 10);

    [Fact]
    public Task Download_CutAgainAndAgain_IsWhole() =>
        CutAgainAndAgainAsync(Direction.ToServer, static stage => Transfers.DownloadAsync(stage, Effort.TransferBytes));

    [Fact]
    public Task Upload_CutAgainAndAgain_IsWhole() =>
        CutAgainAndAgainAsync(Direction.ToClient, static stage => Transfers.UploadAsync(stage, Effort.TransferBytes));

    [Fact]
    public Task AllWorkloads_CutInEitherDirection_AreWell() => FaultStage.RunAsync(async stage =>
    {
        using var events = await NumberedEvents.OpenAsync(stage);
        using var echo = await NumberedEcho.OpenAsync(stage);
        var start = TimeProvider.System.GetTimestamp();
        var cuts = stage.CutAsync(Effort.TransferCuts, BetweenCuts, Direction.ToServer, Direction.ToClient);
        var transfers = Task.WhenAll(
            Transfers.DownloadAsync(stage, Effort.TransferBytes), Transfers.UploadAsync(stage, Effort.TransferBytes), cuts);

        await Effort.AllAsync("all workloads", transfers, events.RunAsync(transfers), echo.RunAsync(transfers));

        Check(stage);
        FaultStage.Say(
            $"{stage.Relay.Cuts} cuts while {Effort.TransferBytes >> 20} MiB went down and up, {events.Count} events and {echo.Count} messages came, "
            + $"{TimeProvider.System.GetElapsedTime(start).TotalSeconds:0.0} s");
    });

    private static Task CutAgainAndAgainAsync(Direction direction, Func<FaultStage, Task> transfer) => FaultStage.RunAsync(async stage =>
    {
        var start = TimeProvider.System.GetTimestamp();

        await Effort.AllAsync("the transfer and its cuts", stage.CutAsync(Effort.TransferCuts, BetweenCuts, direction), transfer(stage));

        Check(stage);
        FaultStage.Say(
            $"{Effort.TransferBytes >> 20} MiB, {stage.Relay.Cuts} cuts, {TimeProvider.System.GetElapsedTime(start).TotalSeconds:0.0} s");
    });

    private static void Check(FaultStage stage)
    {
        Assert.Equal(Effort.TransferCuts, stage.Relay.Cuts);
        Assert.True(stage.Relay.Connections.Count > Effort.TransferCuts, "There were fewer connections than cuts.");
    }
}
