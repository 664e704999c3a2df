using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>The fourth flow: what the origin sends reaches the visitor at once.</summary>
public class StreamingFlowTests(Stage stage)
{
    [Fact]
    public async Task ServerSentEvents_Each_ArrivesBeforeTheNextIsSent()
    {
        const int Count = 20;
        var gates = Enumerable.Range(0, Count + 1).Select(static _ => new Gate()).ToList();
        stage.Origin.Map("/events", async context =>
        {
            context.Response.ContentType = "text/event-stream";
            foreach (var (number, gate) in gates.Index())
            {
                await gate.PassAsync("the visitor's receipt");
                await context.Response.WriteAsync($"data: {number}\n\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        });

        gates[0].Open();
        using var response = await stage.Visitor.GetAsync(stage.Url("/events"), HttpCompletionOption.ResponseHeadersRead, Bounded.Token());
        await using var content = await response.Content.ReadAsStreamAsync(Bounded.Token());
        for (var number = 0; number < Count; number++)
        {
            await Expect.NextTextAsync(content, $"data: {number}\n\n");
            gates[number + 1].Open();
        }

        await Expect.NextTextAsync(content, $"data: {Count}\n\n");
        Assert.Equal(0, await content.ReadAsync(new byte[1], Bounded.Token()));
    }

    [Fact]
    public async Task Head_WithoutContentYet_ArrivesAtOnce()
    {
        var gate = new Gate();
        stage.Origin.Map("/head-first", async context =>
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers["X-Early"] = "1";
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await gate.PassAsync("the visitor's receipt");
            await context.Response.WriteAsync("data: late\n\n", context.RequestAborted);
        });

        using var response = await stage.Visitor.GetAsync(stage.Url("/head-first"), HttpCompletionOption.ResponseHeadersRead, Bounded.Token());
        Assert.Equal("1", Assert.Single(response.Headers.GetValues("X-Early")));
        gate.Open();

        await Expect.TextAsync(response, "data: late\n\n");
    }

    [Fact]
    public async Task ContentLength_SentInPieces_ArrivesPieceByPiece()
    {
        var gate = new Gate();
        stage.Origin.Map("/pieces", async context =>
        {
            context.Response.ContentLength = 11;
            await context.Response.WriteAsync("hello", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await gate.PassAsync("the visitor's receipt");
            await context.Response.WriteAsync(" world", context.RequestAborted);
        });

        using var response = await stage.Visitor.GetAsync(stage.Url("/pieces"), HttpCompletionOption.ResponseHeadersRead, Bounded.Token());
        Assert.Equal(11, response.Content.Headers.ContentLength);
        await using var content = await response.Content.ReadAsStreamAsync(Bounded.Token());
        await Expect.NextTextAsync(content, "hello");
        gate.Open();
        await Expect.NextTextAsync(content, " world");
        Assert.Equal(0, await content.ReadAsync(new byte[1], Bounded.Token()));
    }
}
