using System.Net;
using System.Net.WebSockets;
using Iskandar.FunctionalTests.Binary;
using Iskandar.FunctionalTests.Faults.App;
using Iskandar.FunctionalTests.Faults.Workloads;
using Iskandar.FunctionalTests.Infrastructure;
using Xunit.Sdk;

namespace Iskandar.FunctionalTests.Faults;

/// <summary>Processes that get no chance to say goodbye, and those that take their place.</summary>
[Collection(HeavyTests.Name)]
public class KilledTests
{
    private const double BackWithin = 2;
    private const double EndsWithin = 5;

    [Fact]
    public Task Server_KilledAndStartedAgain_SameUrlSoonAndNothingHangs() => FaultStage.RunAsync(async stage =>
    {
        var url = stage.Client.Url;
        var inFlight = await BeginAllAsync(stage);
        var lines = stage.Client.Process.Output.Lines.Count;

        await stage.Server.KillAsync();
        await EndedAsync(inFlight);
        await stage.Server.StartAgainAsync();
        var start = TimeProvider.System.GetTimestamp();
        await stage.Client.OnlineAgainAsync(lines);
        Assert.Equal(url, stage.Client.Url);
        await stage.ServesAsync();

        var back = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        FaultStage.Say($"served again {back:0.00} s after 'Listening'");
        Assert.InRange(back, 0, BackWithin);
    });

    [Fact]
    public Task Client_KilledAndStartedAgain_SameUrlAndAnswersWhatWaited() => FaultStage.RunAsync(async stage =>
    {
        var url = stage.Client.Url;
        var inFlight = await BeginAllAsync(stage);

        await stage.KillClientAsync();
        var waiting = stage.ServesAsync(Effort.LongestWait);
        await stage.StartClientAgainAsync();

        Assert.Equal(url, stage.Client.Url);
        await waiting.WithinAsync("the answer of a request that waited");
        await EndedAsync(inFlight);
        await stage.ServesAsync();
    });

    [Fact]
    public Task Client_KilledAgainAndAgain_KeepsItsUrl() => FaultStage.RunAsync(async stage =>
    {
        var url = stage.Client.Url;
        for (var number = 0; number < 3; number++)
        {
            await stage.Client.Process.KillAsync();
            await stage.StartClientAgainAsync();
            Assert.Equal(url, stage.Client.Url);
            await stage.ServesAsync();
        }
    });

    [Fact]
    public Task Clients_OfOneCommandLineAtOnce_HaveNamesOfTheirOwnAndKeepThem() => FaultStage.RunAsync(async stage =>
    {
        var first = stage.Client;
        var second = await stage.StartClientAsync();
        Assert.NotEqual(first.Url, second.Url);
        await AnswersAsync(stage, first.Url);
        await AnswersAsync(stage, second.Url);

        await first.Process.KillAsync();
        await second.Process.KillAsync();
        await stage.Relay.WaitAsync(static relay => relay.IsIdle, "the end of both connections");
        var thirds = new[] { await stage.StartClientAsync(), await stage.StartClientAsync() };

        Assert.Equal(
            new[] { first.Url.Host, second.Url.Host }.Order(StringComparer.Ordinal),
            thirds.Select(static client => client.Url.Host).Order(StringComparer.Ordinal));
        await AnswersAsync(stage, first.Url);
        await AnswersAsync(stage, second.Url);
    });

    private static async Task AnswersAsync(FaultStage stage, Uri url)
    {
        using var response = await stage.Visitor.GetAsync(new Uri(url, "/small?n=7"), Bounded.Token());
        await Expect.TextAsync(response, "small 7");
    }

    /// <summary>One exchange of each kind, of which none can end by itself.</summary>
    private static async Task<Task[]> BeginAllAsync(FaultStage stage)
    {
        var gated = stage.GatedAsync("in-flight");
        await stage.App.NextGatedAsync();
        var events = await NumberedEvents.OpenAsync(stage);
        await events.NextAsync();
        var echo = await NumberedEcho.OpenAsync(stage);
        await echo.NextAsync();
        var never = new TaskCompletionSource();
        var pattern = new Pattern(stage.Random.Next(), 1L << 40);
        var download = await Transfers.BeginDownloadAsync(stage, pattern);
        return
        [
            gated,
            ReadEventsAsync(events),
            echo.RunAsync(never.Task),
            Transfers.FinishDownloadAsync(stage, download, ("", pattern.Length)),
            Transfers.UploadAsync(stage, new Pattern(0, 1L << 40), ""),
        ];
    }

    private static async Task ReadEventsAsync(NumberedEvents events)
    {
        using (events)
        {
            await events.EndAsync();
        }
    }

    /// <summary>Each ends, and soon: as an error page, an aborted content or a lost connection, and not as if it were complete.</summary>
    private static async Task EndedAsync(Task[] inFlight)
    {
        foreach (var task in inFlight)
        {
            var fault = await Record.ExceptionAsync(() => task.WithinAsync("the end of an exchange in flight", EndsWithin));
            Assert.True(
                fault is HttpRequestException { StatusCode: null or HttpStatusCode.BadGateway } or IOException or WebSocketException
                || (fault is XunitException && fault.Message.Contains("BadGateway", StringComparison.Ordinal)),
                $"It should have been broken off, but: {fault?.ToString() ?? "it ended well."}");
        }
    }
}
