using Iskandar.FunctionalTests.Binary;
using Iskandar.FunctionalTests.Faults.Workloads;

namespace Iskandar.FunctionalTests.Faults;

/// <summary>A network that loses and delays packets: TCP makes good for it, and nothing may be taken for an end.</summary>
[Collection(HeavyTests.Name)]
public class LossTests
{
    [Fact]
    public async Task Packets_LostAndDelayed_AllWorkloadsAreWell()
    {
        var (network, problem) = await LossyNetwork.CreateAsync();
        if (network is null)
        {
            Console.Error.WriteLine($"!!! Packet loss is not tested: {problem}");
            Assert.Skip($"Packet loss is not tested: {problem}");
        }

        await using (network)
        {
            await FaultStage.RunAsync(
                async stage =>
                {
                    var start = TimeProvider.System.GetTimestamp();
                    using var events = await NumberedEvents.OpenAsync(stage);
                    using var echo = await NumberedEcho.OpenAsync(stage);
                    var transfers = Task.WhenAll(Transfers.DownloadAsync(stage, 512 << 10), Transfers.UploadAsync(stage, 512 << 10));
                    await Effort.AllAsync("all workloads", transfers, events.RunAsync(transfers), echo.RunAsync(transfers));

                    Assert.DoesNotContain(
                        stage.Client.Process.Output.Lines, static line => line.StartsWith("reconnecting", StringComparison.Ordinal));
                    var took = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
                    FaultStage.Say($"512 KiB down and up, {events.Count} events and {echo.Count} messages, {took:0.0} s");
                },
                network);
        }
    }
}
