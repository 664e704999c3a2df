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
    private const double EndsWithin = 10;

    [Fact]
    public Task Server_KilledAndStartedAgain_SameUrlSoonAndNothingHangs() => FaultStage.RunAsync(async stage =>
    {
        var url = stage.Client.Url;
        var inFlight = await BeginAllAsync(stage);
        var lines = stage.Client.Process.Output.Lines.Count;

        var killed = TimeProvider.System.GetTimestamp();
        await stage.Server.KillAsync();
        await EndedAsync(inFlight);
        await stage.Server.StartAgainAsync();
        var start = TimeProvider.System.GetTimestamp();
        var away = TimeProvider.System.GetElapsedTime(killed, start).TotalSeconds;
        await stage.Client.OnlineAgainAsync(lines);
        Assert.Equal(url, stage.Client.Url);
        await stage.ServesAsync();

        var back = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        FaultStage.Say($"away for {away:0.00} s, served again {back:0.00} s after 'Listening'");

        // The longer a server is away, the less often it is asked for; on a busy machine it takes long to start.
        Assert.InRange(back, 0, Math.Max(BackWithin, 2 * away));
    });

    [Fact]
    public Task Client_KilledAndStartedAgain_SameUrlAndAnswersWhatWaited() => FaultStage.RunAsync(async stage =>
    {
        var url = stage.Client.Url;
        await stage.NamesKeptAsync(1);
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
        await stage.NamesKeptAsync(1);
        for (var number = 0; number < 3; number++)
        {
            await stage.Client.Process.KillAsync();
            await stage.StartClientAgainAsync();
            Assert.Equal(url, stage.Client.Url);
            await stage.ServesAsync();
        }
    });

    [Fact]
    public Task Client_KilledAsSoonAsItShowsItsUrl_KeepsIt() => FaultStage.RunAsync(async stage =>
    {
        var url = stage.Client.Url;

        await stage.Client.Process.KillAsync();
        await stage.StartClientAgainAsync();

        Assert.Equal(url, stage.Client.Url);
    });

    [Fact]
    public Task Clients_OfOneCommandLineAtOnce_HaveNamesOfTheirOwnAndKeepThem() => FaultStage.RunAsync(async stage =>
    {
        var first = stage.Client;
        var second = await stage.StartClientAsync();
        Assert.NotEqual(first.Url, second.Url);
        await AnswersAsync(stage, first.Url);
        await AnswersAsync(stage, second.Url);
        await stage.NamesKeptAsync(2);

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
    private static async Task<Dictionary<string, Task>> BeginAllAsync(FaultStage stage)
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
        return new()
        {
            ["a request at the gate"] = gated,
            ["an event stream"] = ReadEventsAsync(events),
            ["a WebSocket"] = echo.RunAsync(never.Task),
            ["a download"] = Transfers.FinishDownloadAsync(stage, download, ("", pattern.Length)),
            ["an upload"] = UploadAsync(stage),
        };
    }

    /// <summary>Reads the answer while the content isn't over, which not every HTTP library does.</summary>
    private static async Task UploadAsync(FaultStage stage)
    {
        await using var raw = await stage.Server.ConnectAsync();
        await raw.SendRequestAsync("POST", "/upload", stage.Client.Url.Authority, $"Content-Length: {1L << 40}");
        await raw.SendAsync(new byte[64 * 1024]);
        var head = await raw.ReadHeadAsync();
        Assert.Equal(HttpStatusCode.OK, (HttpStatusCode)head.Status);
    }

    private static async Task ReadEventsAsync(NumberedEvents events)
    {
        using (events)
        {
            await events.EndAsync();
        }
    }

    /// <summary>Each ends, and soon: as an error page, an aborted content or a lost connection, and not as if it were complete.</summary>
    private static async Task EndedAsync(Dictionary<string, Task> inFlight)
    {
        var problems = new List<string>();
        foreach (var (name, task) in inFlight)
        {
            var fault = await Record.ExceptionAsync(() => task.WithinAsync("its end", EndsWithin));
            if (fault is not (HttpRequestException or IOException or WebSocketException)
                && !(fault is XunitException && fault.Message.Contains("BadGateway", StringComparison.Ordinal)))
            {
                problems.Add($"{name} should have been broken off, but: {fault?.Message ?? "it ended well."}");
            }
        }

        Assert.Empty(problems);
    }
}
