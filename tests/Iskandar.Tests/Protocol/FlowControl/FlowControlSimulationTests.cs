using Iskandar.Protocol.Connections;
using Iskandar.Protocol.FlowControl;
using Iskandar.Protocol.Frames;

namespace Iskandar.Tests.Protocol.FlowControl;

/// <summary>Both windows and the round trip together, over links of all kinds.</summary>
public sealed class FlowControlSimulationTests
{
    private const double Megabit = 125_000;
    private const int Mebi = 1024 * 1024;

    [Theory]
    [InlineData(1, 100)]
    [InlineData(1, 10_000)]
    [InlineData(10, 100)]
    [InlineData(10, 1_000)]
    [InlineData(20, 1_000)]
    [InlineData(50, 500)]
    [InlineData(100, 10)]
    [InlineData(100, 100)]
    [InlineData(100, 300)]
    [InlineData(100, 1_000)]
    [InlineData(300, 300)]
    public void Link_AfterTenRoundTrips_Full(int milliseconds, int megabits)
    {
        var rate = RateAfterTenRoundTrips(Transfer(milliseconds, megabits), milliseconds, during: 2_000);

        Assert.InRange(rate / (megabits * Megabit), 0.9, 1.01);
    }

    [Fact]
    public void Link_OfAnyKindThatTheLargestWindowCanFill_FullAfterTenRoundTrips()
    {
        for (var milliseconds = 1; milliseconds <= 400; milliseconds = (milliseconds * 4 / 3) + 1)
        {
            for (var megabits = 2; megabits * Megabit * milliseconds / 1_000 < 0.8 * ReceiveWindow.MostSize; megabits = (megabits * 5 / 4) + 1)
            {
                var rate = RateAfterTenRoundTrips(Transfer(milliseconds, megabits), milliseconds, 100_000 / megabits);

                Assert.True(rate / (megabits * Megabit) > 0.9, $"{rate / Megabit} of {megabits} Mbit/s with {milliseconds} ms.");
            }
        }
    }

    [Theory]
    [InlineData(10, 100)]
    [InlineData(20, 200)]
    [InlineData(100, 100)]
    public void LongTransfer_ContentWaitsOnTheWay_WindowInProportionToTheLink(int milliseconds, int megabits)
    {
        var transfer = Transfer(milliseconds, megabits);

        transfer.RunUntil(TimeSpan.FromSeconds(60));

        Assert.True(transfer.RoundTrip.Least > TimeSpan.FromMilliseconds(milliseconds * 2), "The queue is in every recent measurement.");
        Assert.InRange(transfer.Receiver.Size, FrameLimits.Window, 5 * megabits * Megabit * milliseconds / 1_000);
    }

    [Theory]
    [InlineData(100, 0.1)]
    [InlineData(100, 1)]
    [InlineData(20, 6)]
    [InlineData(1, 100)]
    public void SlowConsumer_WindowIsEnough_DoesNotGrow(int milliseconds, double megabytes)
    {
        var transfer = Transfer(milliseconds, 10_000, megabytes);

        transfer.RunUntil(TimeSpan.FromSeconds(1));
        var rate = transfer.RunUntil(TimeSpan.FromSeconds(10));

        Assert.Equal(FrameLimits.Window, transfer.Receiver.Size);
        Assert.InRange(rate / (megabytes * 1_000_000), 0.9, 1.05);
    }

    [Fact]
    public void Consumer_FasterThanTheFirstWindow_GrowsForItAndNotForTheLink()
    {
        var transfer = Transfer(100, 10_000, consumerMegabytes: 10);

        transfer.RunUntil(TimeSpan.FromSeconds(1));
        var rate = transfer.RunUntil(TimeSpan.FromSeconds(10));

        Assert.InRange(rate / 10_000_000, 0.9, 1.01);
        Assert.InRange(transfer.Receiver.Size, Mebi, 4 * Mebi);
    }

    [Fact]
    public void ShortRoundTrip_RateThatTheFirstWindowAllows_DoesNotGrow()
    {
        var transfer = new SimulatedTransfer(TimeSpan.FromMilliseconds(0.2), 4_000 * Megabit).Measured();

        transfer.RunUntil(TimeSpan.FromMilliseconds(10));
        var rate = transfer.RunUntil(TimeSpan.FromSeconds(1));

        Assert.Equal(FrameLimits.Window, transfer.Receiver.Size);
        Assert.InRange(rate / (4_000 * Megabit), 0.9, 1.01);
    }

    [Fact]
    public void Budget_UsedUp_GrowsAsFarAsItGoesAndIsGivenBack()
    {
        var budget = new ByteBudget(3 * Mebi);
        var transfer = Transfer(100, 1_000, budget: budget);

        transfer.RunUntil(TimeSpan.FromSeconds(3));

        Assert.Equal(2 * Mebi, transfer.Receiver.Size);
        Assert.Equal((2 * Mebi) - FrameLimits.Window, budget.Taken);
        transfer.Receiver.Reset();
        Assert.Equal(0, budget.Taken);
    }

    private static double RateAfterTenRoundTrips(SimulatedTransfer transfer, int milliseconds, int during)
    {
        // What is shorter than 5 ms is measured over 5 ms.
        var ramp = TimeSpan.FromMilliseconds(10 * Math.Max(milliseconds, 5));
        transfer.RunUntil(ramp);
        return transfer.RunUntil(ramp + TimeSpan.FromMilliseconds(during + (10 * milliseconds)));
    }

    private static SimulatedTransfer Transfer(
        int milliseconds, int megabits, double consumerMegabytes = double.PositiveInfinity, ByteBudget? budget = null) =>
        new(TimeSpan.FromMilliseconds(milliseconds), megabits * Megabit, consumerMegabytes * 1_000_000, budget);
}
