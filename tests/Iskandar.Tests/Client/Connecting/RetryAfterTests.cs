using Iskandar.Client.Connecting;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Client.Connecting;

public sealed class RetryAfterTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(1994, 11, 6, 8, 49, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("120", 120)]
    [InlineData("0120", 120)]
    [InlineData(" 7 ", 7)]
    [InlineData("2678400", 2_678_400)]
    [InlineData("-1", 0)]
    [InlineData("-99999999999999999999", 0)]
    public void Seconds_Few_AreTheWait(string text, int expected) => Assert.Equal(TimeSpan.FromSeconds(expected), RetryAfter.Parse(text, _time));

    [Theory]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT", 37)]
    [InlineData("Sunday, 06-Nov-94 08:49:37 GMT", 37)]
    [InlineData("Sun Nov  6 08:49:37 1994", 37)]
    [InlineData("Mon, 07 Nov 1994 08:49:00 GMT", 86_400)]
    [InlineData("Sun, 06 Nov 1994 08:49:00 GMT", 0)]
    [InlineData("Sun, 06 Nov 1994 08:48:59 GMT", 0)]
    [InlineData("Thu, 01 Jan 1970 00:00:00 GMT", 0)]
    public void Date_InEachForm_IsCountedFromNow(string text, int expected) => Assert.Equal(TimeSpan.FromSeconds(expected), RetryAfter.Parse(text, _time));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("-")]
    [InlineData("soon")]
    [InlineData("1.5")]
    [InlineData("1s")]
    [InlineData("+1")]
    [InlineData("--1")]
    [InlineData("1, 2")]
    [InlineData("2678401")]
    [InlineData("2147483647")]
    [InlineData("99999999999999999999")]
    [InlineData("Sun, 31 Feb 1994 08:49:37 GMT")]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT")]
    [InlineData("Wed, 06 Nov 2024 08:49:37 GMT")]
    public void Value_InvalidOrAbsurd_IsNone(string? text) => Assert.Null(RetryAfter.Parse(text, _time));
}
