using Microsoft.Extensions.Logging;

namespace Iskandar.Client;

/// <summary>Every message that the client logs.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "The tunnel is online at {Url}.", EventName = "Online")]
    public static partial void Online(ILogger logger, string url);

    [LoggerMessage(2, LogLevel.Information, "The tunnel connection ended: {Reason}.", EventName = "ConnectionEnded")]
    public static partial void ConnectionEnded(ILogger logger, string reason);

    [LoggerMessage(3, LogLevel.Information, "No tunnel connection: {Problem}. Next attempt in {Seconds:0.0} s.", EventName = "AttemptFailed")]
    public static partial void AttemptFailed(ILogger logger, string problem, double seconds);

    [LoggerMessage(4, LogLevel.Warning, "The server refused the tunnel: {Problem}.", EventName = "Refused")]
    public static partial void Refused(ILogger logger, string problem);

    [LoggerMessage(7, LogLevel.Error, "The tunnel has ended for a reason that nobody foresaw.", EventName = "Ended")]
    public static partial void Ended(ILogger logger, Exception exception);

    [LoggerMessage(5, LogLevel.Warning, "{Count} exchanges were still in flight when the time to finish was up.", EventName = "DrainTimedOut")]
    public static partial void DrainTimedOut(ILogger logger, int count);

    [LoggerMessage(6, LogLevel.Error, "The application threw an exception that it didn't handle.", EventName = "ApplicationError")]
    public static partial void ApplicationError(ILogger logger, Exception exception);

    [LoggerMessage(8, LogLevel.Information, "The tunnel connection is resumed; nothing is lost.", EventName = "Resumed")]
    public static partial void Resumed(ILogger logger);

    [LoggerMessage(9, LogLevel.Warning, "The server doesn't take the key of the name {Name} any more: the tunnel gets a new name.", EventName = "NameLost")]
    public static partial void NameLost(ILogger logger, string name);

    [LoggerMessage(10, LogLevel.Information, "The server goes away; the next connection is opened before this one is left.", EventName = "ServerGoesAway")]
    public static partial void ServerGoesAway(ILogger logger);
}
