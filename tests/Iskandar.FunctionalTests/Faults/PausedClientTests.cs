using Iskandar.FunctionalTests.Faults.App;
using Iskandar.FunctionalTests.Faults.Workloads;

namespace Iskandar.FunctionalTests.Faults;

/// <summary>A client that stands still for a while, as one on a machine that sleeps.</summary>
public class PausedClientTests
{
    [Fact]
    public Task Client_StandsStill_ComesBackByItselfWithTheSameUrl() => FaultStage.RunAsync(async stage =>
    {
        var url = stage.Client.Url;
        var pattern = new Pattern(stage.Random.Next(), 16 << 20);
        var expected = (pattern.Hash(), pattern.Length);
        using var events = await NumberedEvents.OpenAsync(stage);
        await events.NextAsync();
        using var download = await Transfers.BeginDownloadAsync(stage, pattern);
        await stage.Client.Process.PauseAsync();
        List<Task> inFlight = [Transfers.FinishDownloadAsync(stage, download, expected), stage.ServesAsync(Effort.LongestWait), events.NextAsync()];

        await Task.Delay(Effort.ClientStop, stage.Token);
        Assert.DoesNotContain(inFlight.Skip(1), static task => task.IsCompletedSuccessfully);
        stage.Client.Process.Resume();
        var start = TimeProvider.System.GetTimestamp();

        // After a minute the server has given up what was in flight; then it has to end, one way or the other.
        var ended = await Record.ExceptionAsync(() => Effort.AllAsync("the end of what was in flight", [.. inFlight]));
        Assert.True(ended is null || (Effort.ClientStop > TimeSpan.FromMinutes(1) && ended is not TimeoutException), ended?.ToString());
        await stage.ServesAgainAsync();

        FaultStage.Say(
            $"stood still for {Effort.ClientStop.TotalSeconds:0} s, served again {TimeProvider.System.GetElapsedTime(start).TotalSeconds:0.0} s later");
        Assert.All(
            stage.Client.Process.Output.Lines.Where(IsOnline),
            line => Assert.Contains(url.GetLeftPart(UriPartial.Authority), line, StringComparison.Ordinal));
    });

    private static bool IsOnline(string line) => line.Contains("online ", StringComparison.Ordinal);
}
