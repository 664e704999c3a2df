using Iskandar.Cli;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Cli;

/// <summary>
/// Where the runtime completes on its pool, as in the process of the tests, there are no loops to join. That they are joined where it doesn't is seen in the process
/// of a command.
/// </summary>
public sealed class EventLoopTests
{
    [Fact]
    public async Task Schedule_NotOnALoop_RunsOnThePool()
    {
        var ran = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);

        EventLoopScheduler.Shared.Schedule(static ran => ((TaskCompletionSource<bool>)ran!).SetResult(Thread.CurrentThread.IsThreadPoolThread), ran);

        Assert.True(await ran.Task.Within());
        Assert.Null(EventLoop.Current);
    }

    [Fact]
    public void Count_CompletionsAreNotInline_None() => Assert.Equal(0, RuntimeSettings.EventLoopCount);
}
