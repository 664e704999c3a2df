using Iskandar.Client.Hosting;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Client.Hosting;

public sealed class ExchangeTrackerTests
{
    private readonly ExchangeTracker _tracker = new();

    [Fact]
    public void Drain_NoneUnderWay_CompletedAtOnce() => Assert.True(_tracker.DrainAsync().IsCompletedSuccessfully);

    [Fact]
    public async Task Drain_SomeUnderWay_CompletesWithTheLast()
    {
        _tracker.Add();
        _tracker.Add();
        var first = _tracker.DrainAsync();
        var second = _tracker.DrainAsync();

        _tracker.Remove();
        Assert.Equal((1, false), (_tracker.Count, first.IsCompleted));
        _tracker.Remove();

        await Task.WhenAll(first, second).Within();
        _tracker.Add();
        Assert.False(_tracker.DrainAsync().IsCompleted);
    }
}
