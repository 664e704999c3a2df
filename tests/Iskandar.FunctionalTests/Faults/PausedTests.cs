using Iskandar.FunctionalTests.Faults.App;
using Iskandar.FunctionalTests.Faults.Workloads;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Faults;

/// <summary>Processes that stand still for a while, as those of a machine that sleeps.</summary>
public class PausedTests
{
    private const int Enough = 500;
    private static readonly TimeSpan ServerStop = TimeSpan.FromSeconds(5);

    [Fact]
    public Task Client_StandsStill_ComesBackByItselfWithTheSameUrl() => FaultStage.RunAsync(async stage =>
    {
        var url = stage.Client.Url;
        var pattern = new Pattern(stage.Random.Next(), 16 << 20);
        var expected = (pattern.Hash(), pattern.Length);
        using var events = await NumberedEvents.OpenAsync(stage);
        await events.NextAsync();
        using var download = await Transfers.BeginDownloadAsync(stage, pattern);
        stage.Client.Process.Pause();
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

    [Fact]
    public Task Server_StandsStill_NothingIsLost() => FaultStage.RunAsync(async stage =>
    {
        var requests = new ManyConnections(stage, 8);
        using var events = await NumberedEvents.OpenAsync(stage);
        using var echo = await NumberedEcho.OpenAsync(stage);
        var until = new Gate();
        var over = until.PassAsync("the end of the pause", Effort.LongestWait.TotalSeconds);
        Task[] running = [requests.RunAsync(over), events.RunAsync(over), echo.RunAsync(over)];
        await requests.ReachAsync(Enough);

        stage.Server.Process.Pause();
        await Task.Delay(ServerStop, stage.Token);
        stage.Server.Process.Resume();
        await requests.ReachAsync(requests.Answered + Enough);
        until.Open();

        await Effort.AllAsync("all workloads", running);
        requests.Check();
        Assert.Single(stage.Relay.Connections);
        FaultStage.Say($"stood still for {ServerStop.TotalSeconds:0} s; {requests.Answered} requests, {events.Count} events and {echo.Count} messages came");
    });

    private static bool IsOnline(string line) => line.Contains("online ", StringComparison.Ordinal);
}
