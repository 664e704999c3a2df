using Iskandar.FunctionalTests.Faults.Workloads;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Faults;

/// <summary>A server that stands still for a while, but not for so long that it counts as gone.</summary>
public class PausedServerTests
{
    private const int Enough = 500;
    private static readonly TimeSpan ServerStop = TimeSpan.FromSeconds(5);

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

        await stage.Server.Process.PauseAsync();
        await Task.Delay(ServerStop, stage.Token);
        stage.Server.Process.Resume();
        await requests.ReachAsync(requests.Answered + Enough);
        until.Open();

        await Effort.AllAsync("all workloads", running);
        requests.Check();
        Assert.Single(stage.Relay.Connections);
        FaultStage.Say($"stood still for {ServerStop.TotalSeconds:0} s; {requests.Answered} requests, {events.Count} events and {echo.Count} messages came");
    });
}
