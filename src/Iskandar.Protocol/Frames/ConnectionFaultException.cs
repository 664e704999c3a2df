using System.Net.WebSockets;

namespace Iskandar.Protocol.Frames;

/// <summary>The peer broke the protocol in a way that ends the connection.</summary>
/// <param name="code">What GOAWAY says.</param>
/// <param name="message">The same for a person.</param>
/// <param name="closeStatus">What the close frame says.</param>
internal sealed class ConnectionFaultException(ErrorCode code, string message, WebSocketCloseStatus closeStatus = WebSocketCloseStatus.ProtocolError)
    : Exception(message)
{
    /// <summary>What GOAWAY says.</summary>
    public ErrorCode Code => code;

    /// <summary>What the close frame says.</summary>
    public WebSocketCloseStatus CloseStatus => closeStatus;
}
