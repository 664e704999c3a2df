using System.Net.WebSockets;

namespace Iskandar.Protocol.Transports;

/// <summary>A writer of a WebSocket, as far as ending one goes.</summary>
internal interface IClosable
{
    /// <summary>Completes when the close frame is out, or the WebSocket is beyond use.</summary>
    Task Ended { get; }

    /// <summary>Sends a close frame after everything that was sent before, and takes no more.</summary>
    void Close(WebSocketCloseStatus status, string reason);

    /// <summary>Drops what is pending and takes no more.</summary>
    void Abort();
}
