using Iskandar.Protocol.FlowControl;
using Iskandar.Protocol.Frames;

namespace Iskandar.Tests.Protocol.FlowControl;

public sealed class SendWindowTests
{
    private readonly SendWindow _window = new();

    [Fact]
    public void Take_MoreThanThereIs_WhatThereIs()
    {
        Assert.Equal(FrameLimits.Window, _window.Available);
        Assert.Equal(100, _window.Take(100));
        Assert.Equal(FrameLimits.Window - 100, _window.Take(int.MaxValue));
        Assert.Equal(0, _window.Available);
        Assert.Equal(0, _window.Take(1));
        Assert.Equal(0, _window.Take(0));
    }

    [Fact]
    public void Take_LessThanNothing_Refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _window.Take(-1));
        Assert.Equal(FrameLimits.Window, _window.Available);
    }

    [Fact]
    public void TryAdd_Credit_CanBeTaken()
    {
        _window.Take(FrameLimits.Window);

        Assert.True(_window.TryAdd(1));
        Assert.True(_window.TryAdd(70_000));

        Assert.Equal(70_001, _window.Take(int.MaxValue));
    }

    [Fact]
    public void TryAdd_UpToTheMost_AndNotBeyond()
    {
        const uint Rest = FrameLimits.MostCredit - FrameLimits.Window;

        Assert.False(_window.TryAdd(Rest + 1));
        Assert.Equal(FrameLimits.Window, _window.Available);
        Assert.True(_window.TryAdd(Rest));
        Assert.Equal(FrameLimits.MostCredit, _window.Available);
        Assert.False(_window.TryAdd(1));
        Assert.Equal(FrameLimits.MostCredit, _window.Take(int.MaxValue));
        Assert.True(_window.TryAdd(FrameLimits.MostCredit));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0x8000_0000)]
    [InlineData(uint.MaxValue)]
    public void TryAdd_WhatNoCreditFrameMaySay_RefusedEvenWhenEmpty(uint bytes)
    {
        _window.Take(FrameLimits.Window);

        Assert.False(_window.TryAdd(bytes));
        Assert.Equal(0, _window.Available);
    }

    [Fact]
    public void Reset_AfterUse_AsAtFirst()
    {
        _window.TryAdd(1_000_000);
        _window.Reset();
        Assert.Equal(FrameLimits.Window, _window.Available);

        _window.Take(int.MaxValue);
        _window.Reset();
        Assert.Equal(FrameLimits.Window, _window.Available);
    }
}
