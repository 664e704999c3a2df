using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>A visitor who leaves: the origin learns of it, and nobody else notices.</summary>
public class VisitorLeavingTests(Stage stage)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Visitor_LeavesBeforeTheHead_OriginsRequestIsAborted(bool withContent)
    {
        var path = $"/left-before-head-{withContent}";
        var arrived = new Gate();
        var aborted = new Gate();
        stage.Origin.Map(path, async context =>
        {
            await using var registration = context.RequestAborted.Register(aborted.Open);
            arrived.Open();
            await aborted.PassAsync("the abort");
        });
        await using var raw = await stage.Server.ConnectAsync();
        var content = withContent ? "Content-Length: 5\r\n\r\nhello" : "\r\n";
        await raw.SendAsync($"POST {path} HTTP/1.1\r\nHost: {stage.Host}\r\n{content}");
        await arrived.PassAsync("the request");

        raw.Reset();

        await aborted.PassAsync("the abort", 2);
        await OthersGoOnAsync();
    }

    [Fact]
    public async Task Visitor_LeavesAmidTheContent_OriginsRequestIsAborted()
    {
        var aborted = new Gate();
        stage.Origin.Map("/left-amid", async context =>
        {
            await using var registration = context.RequestAborted.Register(aborted.Open);
            await context.Response.WriteAsync("begun", CancellationToken.None);
            await context.Response.Body.FlushAsync(CancellationToken.None);
            await aborted.PassAsync("the abort");
        });
        await using var raw = await stage.Server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/left-amid", stage.Host);
        await raw.ReadHeadAsync();

        raw.Reset();

        await aborted.PassAsync("the abort", 2);
        await OthersGoOnAsync();
    }

    [Fact]
    public async Task Visitor_LeavesAmidALargeDownload_OriginsRequestIsAborted()
    {
        var aborted = new Gate();
        stage.Origin.Map("/left-download", async context =>
        {
            await using var registration = context.RequestAborted.Register(aborted.Open);
            var piece = new byte[64 * 1024];
            while (!aborted.IsOpen)
            {
                await context.Response.Body.WriteAsync(piece, CancellationToken.None);
            }
        });
        await using var raw = await stage.Server.ConnectAsync(receiveBuffer: 8192);
        await raw.SendRequestAsync("GET", "/left-download", stage.Host);
        await raw.ReadHeadAsync();
        await raw.ReadSomeAsync();

        raw.Reset();

        await aborted.PassAsync("the abort", 2);
        await OthersGoOnAsync();
    }

    [Fact]
    public async Task Visitors_ManyLeaving_HarmNobody()
    {
        stage.Origin.Map("/left-many", async static context =>
        {
            var aborted = new Gate();
            await using var registration = context.RequestAborted.Register(aborted.Open);
            await aborted.PassAsync("the abort");
        });

        for (var number = 0; number < 50; number++)
        {
            await using var raw = await stage.Server.ConnectAsync();
            await raw.SendRequestAsync("GET", "/left-many", stage.Host);
            raw.Reset();
        }

        await OthersGoOnAsync();
    }

    private async Task OthersGoOnAsync()
    {
        using var response = await stage.Visitor.GetAsync(stage.Url("/others"), Bounded.Token());
        await Expect.TextAsync(response, "origin");
    }
}
