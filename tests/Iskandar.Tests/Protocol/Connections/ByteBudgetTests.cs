using Iskandar.Protocol.Connections;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Connections;

public sealed class ByteBudgetTests
{
    [Fact]
    public void TryTake_UpToTheLimit_AllOrNone()
    {
        var budget = new ByteBudget(10);

        Assert.True(budget.TryTake(4));
        Assert.False(budget.TryTake(7));
        Assert.Equal(4, budget.Taken);
        Assert.True(budget.TryTake(6));
        Assert.False(budget.TryTake(1));
        Assert.True(budget.TryTake(0));
        Assert.Equal(10, budget.Taken);
    }

    [Fact]
    public void Return_WhatWasTaken_CanBeTakenAgain()
    {
        var budget = new ByteBudget(10);
        budget.TryTake(10);

        budget.Return(10);

        Assert.Equal(0, budget.Taken);
        Assert.True(budget.TryTake(10));
    }

    [Fact]
    public void Share_OfAWhole_BoundedByBoth()
    {
        const long Mebi = 1024 * 1024;
        var whole = new ByteBudget(512 * Mebi);
        var (one, another) = (whole.Share(), whole.Share());

        Assert.True(one.TryTake(64 * Mebi));
        Assert.False(one.TryTake(1));
        Assert.Equal((64 * Mebi, 64 * Mebi, 0L), (whole.Taken, one.Taken, another.Taken));
        Assert.True(another.TryTake(64 * Mebi));
        Assert.True(whole.TryTake(384 * Mebi));
        another.Return(64 * Mebi);
        Assert.True(whole.TryTake(64 * Mebi));
        Assert.False(another.TryTake(1));
        Assert.Equal((512 * Mebi, 0L), (whole.Taken, another.Taken));

        one.Return(64 * Mebi);
        Assert.True(another.TryTake(1));
        Assert.Equal((448 * Mebi) + 1, whole.Taken);
    }

    [Fact]
    public async Task TryTake_Concurrent_NeverOverTheLimitAndZeroInTheEnd()
    {
        const int Limit = 100;
        var budget = new ByteBudget(Limit);
        var held = 0;
        var most = 0;

        await Task.WhenAll(Enumerable.Range(1, 8).Select(worker => Task.Run(
            () =>
            {
                for (var round = 0; round < 5_000; round++)
                {
                    var bytes = 1 + ((worker * 31 + round) % 40);
                    if (budget.TryTake(bytes))
                    {
                        var now = Interlocked.Add(ref held, bytes);
                        InterlockedMax(ref most, now);
                        Interlocked.Add(ref held, -bytes);
                        budget.Return(bytes);
                    }
                }
            },
            Bounded.Token))).Within();

        Assert.InRange(most, 1, Limit);
        Assert.Equal(0, budget.Taken);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        var seen = Volatile.Read(ref target);
        while (value > seen && Interlocked.CompareExchange(ref target, value, seen) is var other && other != seen)
        {
            seen = other;
        }
    }
}
