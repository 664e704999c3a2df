using Iskandar.Cli.Configuration;
using Microsoft.Extensions.Logging;

namespace Iskandar.Tests.Cli;

public sealed class QuantitiesTests
{
    [Theory]
    [InlineData("0", 0L)]
    [InlineData("65536", 65536L)]
    [InlineData("512KiB", 524_288L)]
    [InlineData("4MiB", 4_194_304L)]
    [InlineData("4 mib", 4_194_304L)]
    [InlineData("1GiB", 1_073_741_824L)]
    [InlineData("2TiB", 2_199_023_255_552L)]
    [InlineData("7B", 7L)]
    public void ParseSize_NumberWithOrWithoutUnit_IsBytes(string text, long expected) => Assert.Equal(expected, Quantities.ParseSize(text));

    [Theory]
    [InlineData("")]
    [InlineData("MiB")]
    [InlineData("-1")]
    [InlineData("1.5MiB")]
    [InlineData("4MB")]
    [InlineData("4x")]
    [InlineData("9999999999TiB")]
    public void ParseSize_AnythingElse_IsNull(string text) => Assert.Null(Quantities.ParseSize(text));

    [Theory]
    [InlineData("100", 100_000)]
    [InlineData("100s", 100_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("500ms", 500)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("0", 0)]
    public void ParseTime_NumberWithOrWithoutUnit_IsTime(string text, double milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Quantities.ParseTime(text));

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1d")]
    [InlineData("1e3")]
    [InlineData("off")]
    [InlineData("99999999999h")]
    public void ParseTime_AnythingElse_IsNull(string text) => Assert.Null(Quantities.ParseTime(text));

    [Theory]
    [InlineData("trace", LogLevel.Trace)]
    [InlineData("Info", LogLevel.Information)]
    [InlineData("information", LogLevel.Information)]
    [InlineData("warning", LogLevel.Warning)]
    [InlineData("none", LogLevel.None)]
    public void ParseLogLevel_UsualNames_AreKnown(string text, LogLevel expected) => Assert.Equal(expected, Quantities.ParseLogLevel(text));

    [Fact]
    public void ParseLogLevel_AnythingElse_IsNull() => Assert.Null(Quantities.ParseLogLevel("loud"));
}
