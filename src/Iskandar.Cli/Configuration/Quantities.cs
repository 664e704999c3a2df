using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Iskandar.Cli.Configuration;

/// <summary>Numbers, sizes, times and log levels as people write them.</summary>
internal static class Quantities
{
    public const string Number = "a number such as 1000";
    public const string Size = "a size such as 4MiB, 512KiB, 1GiB or 65536";
    public const string Time = "a time such as 100s, 500ms, 2m, 1h or 100";
    public const string LogLevels = "one of trace, debug, info, warning, error, critical, none";

    private static readonly (string Suffix, long Factor)[] SizeUnits =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("B", 1), ("", 1),
    ];

    private static readonly (string Suffix, double Milliseconds)[] TimeUnits =
    [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("", 1_000),
    ];

    /// <summary>A whole number that is not negative.</summary>
    public static int? ParseNumber(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A number of bytes, with or without a binary unit.</summary>
    public static long? ParseSize(string text)
    {
        foreach (var (suffix, factor) in SizeUnits)
        {
            if (Number(text, suffix) is { } digits && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return number <= long.MaxValue / factor ? number * factor : null;
            }
        }

        return null;

        static string? Number(string text, string suffix) =>
            text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase) ? text[..^suffix.Length].TrimEnd() : null;
    }

    /// <summary>A time that is not negative; seconds when there is no unit.</summary>
    public static TimeSpan? ParseTime(string text)
    {
        foreach (var (suffix, milliseconds) in TimeUnits)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal)
                && double.TryParse(text[..^suffix.Length].TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && number * milliseconds < TimeSpan.FromDays(10_000).TotalMilliseconds)
            {
                return TimeSpan.FromMilliseconds(number * milliseconds);
            }
        }

        return null;
    }

    /// <summary>A log level by its usual names.</summary>
    public static LogLevel? ParseLogLevel(string text) => text.ToUpperInvariant() switch
    {
        "TRACE" => LogLevel.Trace,
        "DEBUG" => LogLevel.Debug,
        "INFO" or "INFORMATION" => LogLevel.Information,
        "WARN" or "WARNING" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        "CRITICAL" => LogLevel.Critical,
        "NONE" => LogLevel.None,
        _ => null,
    };
}
