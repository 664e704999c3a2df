using System.Globalization;
using System.Net;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Faults.Workloads;

/// <summary>A visitor of an event stream that takes each event once, and in order.</summary>
public sealed class NumberedEvents : IDisposable
{
    private readonly FaultStage _stage;
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;

    private NumberedEvents(FaultStage stage, HttpResponseMessage response, Stream content)
    {
        _stage = stage;
        _response = response;
        _reader = new StreamReader(content);
    }

    /// <summary>How many have come.</summary>
    public int Count { get; private set; }

    public static async Task<NumberedEvents> OpenAsync(FaultStage stage)
    {
        var response = await stage.Visitor.GetAsync(stage.Url("/events"), HttpCompletionOption.ResponseHeadersRead, Bounded.Token());
        Assert.Equal((HttpStatusCode.OK, null), (response.StatusCode, Expect.ErrorCode(response)));
        return new NumberedEvents(stage, response, await response.Content.ReadAsStreamAsync(stage.Token));
    }

    /// <summary>Has the app send the next event, and waits for it.</summary>
    public async Task NextAsync()
    {
        var number = ++Count;
        _stage.App.Release(number);
        var expected = string.Create(CultureInfo.InvariantCulture, $"id: {number}\ndata: event {number}\n");
        foreach (var line in expected.Split('\n'))
        {
            Assert.Equal(line, await _reader.ReadLineAsync(_stage.Token));
        }
    }

    /// <summary>One event after the other, at least until something is over.</summary>
    public async Task RunAsync(Task until)
    {
        while (!until.IsCompleted)
        {
            await NextAsync();
        }

        await NextAsync();
    }

    /// <summary>Waits for the stream to break.</summary>
    public async Task EndAsync() => Assert.Fail($"Not broken off, but: {await _reader.ReadLineAsync(_stage.Token) ?? "complete"}");

    public void Dispose()
    {
        _reader.Dispose();
        _response.Dispose();
    }
}
