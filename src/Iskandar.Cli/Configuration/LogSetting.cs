using Microsoft.Extensions.Logging;

namespace Iskandar.Cli.Configuration;

/// <summary>How much is logged; the same for every command.</summary>
internal static class LogSetting
{
    public static Setting Setting { get; } = new(
        "log", "level", "Least level logged: trace, debug, info, warning, error, critical, none. Default warning.");

    /// <summary>Reads the level.</summary>
    public static LogLevel Read(SettingReader reader, ICollection<string> problems)
    {
        if (reader.ReadOne(Setting) is not { } value)
        {
            return LogLevel.Warning;
        }

        if (Quantities.ParseLogLevel(value.Text) is { } level)
        {
            return level;
        }

        problems.Add(value.Complaint(Quantities.LogLevels));
        return LogLevel.Warning;
    }
}
