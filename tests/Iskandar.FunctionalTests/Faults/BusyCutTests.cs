using Iskandar.FunctionalTests.Binary;
using Iskandar.FunctionalTests.Faults.Relay;
using Iskandar.FunctionalTests.Faults.Workloads;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Faults;

/// <summary>Requests that are made while the tunnel connection is cut: each is answered, and done once.</summary>
[Collection(HeavyTests.Name)]
public class BusyCutTests
{
    private const int Connections = 64;
    private const int MostBetweenCuts = 128 << 10;
    private const int Probes = 30;

    [Fact]
    public Task ManyConnections_CutAgainAndAgain_NoneFailsIsDoneTwiceOrLost() => FaultStage.RunAsync(async stage =>
    {
        var requests = new ManyConnections(stage, Connections);
        var start = TimeProvider.System.GetTimestamp();
        var cuts = stage.CutAsync(Effort.BusyCuts, MostBetweenCuts, Direction.ToServer, Direction.ToClient);
        var running = requests.RunAsync(cuts);

        // When all visitors have given up, no further cut can come.
        await Effort.AllAsync("the cuts", await Task.WhenAny(cuts, running));
        await Effort.AllAsync("the requests", running);

        requests.Check();
        Assert.Equal(Effort.BusyCuts, stage.Relay.Cuts);
        FaultStage.Say(
            $"{stage.Relay.Cuts} cuts while {Connections} connections made {requests.Answered} requests, "
            + $"{TimeProvider.System.GetElapsedTime(start).TotalSeconds:0.0} s; 0 failed, 0 done twice, 0 lost");
    });

    [Fact]
    public Task Cut_ThenARequest_IsAnsweredSoon() => FaultStage.RunAsync(async stage =>
    {
        var times = new List<double>();
        await stage.ServesAsync();
        for (var probe = 0; probe < Probes; probe++)
        {
            var start = TimeProvider.System.GetTimestamp();
            stage.Relay.CutNow(probe % 2 == 0 ? Cut.Reset : Cut.Fin);
            await stage.ServesAsync();
            times.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
        }

        times.Sort();
        FaultStage.Say(
            $"from a cut to the next answer: median {times[Probes / 2]:0.0} ms, 90 % {times[Probes * 9 / 10]:0.0} ms, most {times[^1]:0.0} ms of {Probes}");
        Assert.Equal(Probes, stage.Relay.Cuts);
        Assert.InRange(times[Probes / 2], 0, 500);
    });

    [Fact]
    public Task Requests_ThatArriveWhileTheTunnelIsCut_WaitAndAreAnswered() => FaultStage.RunAsync(async stage =>
    {
        await stage.Relay.RefuseAsync();
        stage.Relay.CutNow(Cut.Reset);

        // Some before anybody can have noticed, some after.
        var waiting = Enumerable.Range(0, 8).Select(number => PostAsync(stage, $"early-{number}")).ToList();
        await stage.Relay.WaitAsync(static relay => relay.IsIdle, "the end of the cut connection");
        waiting.AddRange(Enumerable.Range(0, 8).Select(number => PostAsync(stage, $"late-{number}")));
        using (var health = await stage.Visitor.GetAsync(new Uri(stage.Server.Url, "/health"), Bounded.Token()))
        {
            Assert.Equal(200, (int)health.StatusCode);
        }

        Assert.DoesNotContain(waiting, static visit => visit.IsCompleted);
        Assert.Empty(stage.App.Counts);
        stage.Relay.Accept();

        var answers = await Task.WhenAll(waiting).WithinAsync("the answers");
        Assert.Equal(["200 1 0"], answers.Distinct());
        Assert.Equal(16, stage.App.Counts.Count);
        Assert.All(stage.App.Counts.Values, static count => Assert.Equal(1, count));
    });

    [Fact]
    public Task Cut_ThatTheServerHasNotNoticed_ClientTakesItsTunnelOver() => FaultStage.RunAsync(async stage =>
    {
        for (var number = 0; number < 5; number++)
        {
            stage.Relay.CutNow(Cut.Forsaken);

            // Long before the server would notice by itself.
            await stage.ServesAsync(TimeSpan.FromSeconds(5));
        }

        Assert.Equal(5, stage.Relay.Cuts);
    });

    private static async Task<string> PostAsync(FaultStage stage, string id)
    {
        using var response = await stage.Visitor.PostAsync(stage.Url($"/count?id={id}"), null, stage.Token);
        return $"{(int)response.StatusCode} {Expect.ErrorCode(response) ?? await response.Content.ReadAsStringAsync(stage.Token)}";
    }
}
