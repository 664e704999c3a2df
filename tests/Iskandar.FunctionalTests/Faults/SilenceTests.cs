using Iskandar.FunctionalTests.Faults.App;
using Iskandar.FunctionalTests.Faults.Relay;
using Iskandar.FunctionalTests.Faults.Workloads;

namespace Iskandar.FunctionalTests.Faults;

/// <summary>A network that swallows everything and tells nobody.</summary>
public class SilenceTests
{
    private const double NoticedWithin = 15;

    // For a machine that is busy with other tests, and for the line to get here.
    private const double Tolerance = 3;

    [Fact]
    public Task Blackhole_IsNoticed_AndAllInFlightCompletesAfterwards() => FaultStage.RunAsync(async stage =>
    {
        var pattern = new Pattern(stage.Random.Next(), 16 << 20);
        var expected = (pattern.Hash(), pattern.Length);
        using var events = await NumberedEvents.OpenAsync(stage);
        using var echo = await NumberedEcho.OpenAsync(stage);
        var gated = stage.GatedAsync("in-flight");
        await stage.App.NextGatedAsync();
        var silent = stage.Relay.Traffic.AfterAsync(Direction.ToServer, 2 << 20, _ => stage.Relay.Conditions.Blackhole());
        using var download = await Transfers.BeginDownloadAsync(stage, pattern);
        var downloading = Transfers.FinishDownloadAsync(stage, download, expected);
        await silent;
        var start = TimeProvider.System.GetTimestamp();

        // What is written into the silence, before anybody can know of it and after.
        var transfers = Task.WhenAll(downloading, Transfers.UploadAsync(stage, 1 << 20), stage.ServesAsync(Effort.LongestWait));
        var streams = Task.WhenAll(events.NextAsync(), echo.NextAsync());
        await stage.Client.Process.Output.WaitForAsync(static line => line.StartsWith("reconnecting: ", StringComparison.Ordinal), "'reconnecting'");
        var noticed = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        var late = stage.ServesAsync(Effort.LongestWait);
        if (Effort.Blackhole - TimeProvider.System.GetElapsedTime(start) is var rest && rest > TimeSpan.Zero)
        {
            await Task.Delay(rest, stage.Token);
        }

        Assert.DoesNotContain([transfers, streams, gated, late], static task => task.IsCompleted);
        var lasted = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        stage.Relay.Conditions.Release();
        var released = TimeProvider.System.GetTimestamp();
        stage.App.OpenGate();

        await Effort.AllAsync("what was in flight", transfers, streams, gated, late);
        await Effort.AllAsync("the next events and messages", events.NextAsync(), echo.NextAsync());
        FaultStage.Say(
            $"noticed after {noticed:0.0} s, lasted {lasted:0.0} s, all had completed {TimeProvider.System.GetElapsedTime(released).TotalSeconds:0.0} s later");
        Assert.InRange(noticed, 0, NoticedWithin + Tolerance);
    });
}
