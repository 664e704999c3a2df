using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Restarts;

/// <summary>A visitor's request that has reached the app, which answers when it may.</summary>
public sealed class WaitingVisit : IDisposable
{
    private readonly Gate _go;
    private readonly Task<HttpResponseMessage> _response;

    private WaitingVisit(Task<HttpResponseMessage> response, Gate go)
    {
        _response = response;
        _go = go;
    }

    /// <summary>Begins one.</summary>
    public static async Task<WaitingVisit> StartAsync(HttpClient visitor, Uri url, TestOrigin origin)
    {
        var (arrived, go) = (new Gate(), new Gate());
        origin.Map("/waiting", async context =>
        {
            arrived.Open();
            await go.PassAsync("the gate");
            await context.Response.WriteAsync("waited", context.RequestAborted);
        });
        var response = visitor.GetAsync(new Uri(url, "/waiting"), Bounded.Token());
        await arrived.PassAsync("the request");
        return new WaitingVisit(response, go);
    }

    /// <summary>Lets the app answer, and has its answer.</summary>
    public async Task FinishAsync()
    {
        Assert.False(_response.IsCompleted);
        _go.Open();
        using var response = await _response.WithinAsync("the answer to who was in flight");
        await Expect.TextAsync(response, "waited");
    }

    public void Dispose() => _go.Open();
}
