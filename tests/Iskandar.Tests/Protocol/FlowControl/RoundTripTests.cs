using Iskandar.Protocol.FlowControl;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Protocol.FlowControl;

public sealed class RoundTripTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RoundTrip _roundTrip;

    public RoundTripTests() => _roundTrip = new RoundTrip(_time);

    private long Now => _time.GetTimestamp();

    [Fact]
    public void Measurement_First_IsLeast()
    {
        Assert.Null(_roundTrip.Least);

        Measure(80);

        Assert.Equal(TimeSpan.FromMilliseconds(80), _roundTrip.Least);
    }

    [Fact]
    public void TryBegin_OneUnderWay_NotAgain()
    {
        Assert.True(_roundTrip.TryBegin(Now, out _));
        _time.Advance(TimeSpan.FromHours(1));

        Assert.False(_roundTrip.TryBegin(Now, out _));
        Assert.Null(_roundTrip.Least);
    }

    [Fact]
    public void TryBegin_FirstFourAtOnce_ThenEverySecond()
    {
        for (var i = 0; i < 4; i++)
        {
            Measure(10);
        }

        Assert.False(_roundTrip.TryBegin(Now, out _));
        _time.Advance(TimeSpan.FromMilliseconds(989));
        Assert.False(_roundTrip.TryBegin(Now, out _));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Measure(10);
        Assert.False(_roundTrip.TryBegin(Now, out _));
    }

    [Fact]
    public void TryEnd_NobodyAsked_FalseAndNothingMeasured()
    {
        Assert.False(_roundTrip.TryEnd(0, Now));
        Assert.True(_roundTrip.TryBegin(Now, out var opaque));

        Assert.False(_roundTrip.TryEnd(opaque + 1, Now));
        Assert.Null(_roundTrip.Least);
        Assert.True(_roundTrip.TryEnd(opaque, Now));
        Assert.False(_roundTrip.TryEnd(opaque, Now));
    }

    [Fact]
    public void TryEnd_AnswerToAnEarlierPing_False()
    {
        Assert.True(_roundTrip.TryBegin(Now, out var first));
        Assert.True(_roundTrip.TryEnd(first, Now));
        Assert.True(_roundTrip.TryBegin(Now, out var second));

        Assert.NotEqual(first, second);
        Assert.False(_roundTrip.TryEnd(first, Now));
        Assert.True(_roundTrip.TryEnd(second, Now));
    }

    [Fact]
    public void Least_LongerOnesFollow_ForgottenAfterSixteen()
    {
        Measure(50);
        Measure(20);
        for (var i = 0; i < 15; i++)
        {
            Measure(70);
            Assert.Equal(TimeSpan.FromMilliseconds(20), _roundTrip.Least);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Measure(70);
        Assert.Equal(TimeSpan.FromMilliseconds(70), _roundTrip.Least);
        _time.Advance(TimeSpan.FromSeconds(1));
        Measure(30);
        Assert.Equal(TimeSpan.FromMilliseconds(30), _roundTrip.Least);
    }

    private void Measure(int milliseconds)
    {
        Assert.True(_roundTrip.TryBegin(Now, out var opaque));
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        Assert.True(_roundTrip.TryEnd(opaque, Now));
    }
}
