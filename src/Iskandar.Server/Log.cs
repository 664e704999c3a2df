using System.Net;
using Microsoft.Extensions.Logging;

namespace Iskandar.Server;

/// <summary>Every message that the server logs. Targets and fields of visitors' requests are not among them: they may hold secrets.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Tunnel {Name} opened from {Address}.", EventName = "TunnelOpened")]
    public static partial void TunnelOpened(ILogger logger, string name, IPAddress? address);

    [LoggerMessage(2, LogLevel.Information, "Tunnel {Name} closed: {Reason}.", EventName = "TunnelClosed")]
    public static partial void TunnelClosed(ILogger logger, string name, string reason);

    [LoggerMessage(3, LogLevel.Warning, "A tunnel was refused: {Code}, for {Address}.", EventName = "HandshakeRefused")]
    public static partial void HandshakeRefused(ILogger logger, string code, IPAddress? address);

    [LoggerMessage(4, LogLevel.Debug, "An opening handshake broke off: {Problem}.", EventName = "HandshakeFailed")]
    public static partial void HandshakeFailed(ILogger logger, string problem);

    [LoggerMessage(5, LogLevel.Debug, "An exchange failed: {Error}.", EventName = "ExchangeFailed")]
    public static partial void ExchangeFailed(ILogger logger, string error);

    [LoggerMessage(6, LogLevel.Information, "Tunnel {Name} lost its connection: {Reason}. Its link is kept for a while.", EventName = "TunnelDetached")]
    public static partial void TunnelDetached(ILogger logger, string name, string reason);

    [LoggerMessage(7, LogLevel.Information, "Tunnel {Name} is resumed from {Address}.", EventName = "TunnelResumed")]
    public static partial void TunnelResumed(ILogger logger, string name, IPAddress? address);

    [LoggerMessage(8, LogLevel.Information, "Tunnel {Name} has a newer connection, which displaces the one before.", EventName = "TunnelDisplaced")]
    public static partial void TunnelDisplaced(ILogger logger, string name);
}
