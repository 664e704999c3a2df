using System.Net.WebSockets;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Connections;

/// <summary>The server's end of a tunnel connection that can go on over another WebSocket when the one that it has is lost: a link.</summary>
public interface IResumableConnection : IGatewayConnection
{
    /// <summary>Whether a client may resume the link. Changes nothing.</summary>
    /// <param name="secret">What it shows.</param>
    /// <param name="received">How many bytes it says that it has received since the link began.</param>
    ResumeVerdict CheckResume(string secret, long received);

    /// <summary>Goes on over another WebSocket, from which an older one is displaced, until that ends. Never throws for what a peer or a network does.</summary>
    /// <param name="socket">An open WebSocket; owned by the connection from here on.</param>
    /// <param name="registration">What the client is told.</param>
    /// <param name="secret">What the client has shown.</param>
    /// <param name="received">How many bytes it says that it has received.</param>
    /// <param name="cancellationToken">Ends the connection, and the link.</param>
    /// <returns>Why it ended, for the log.</returns>
    Task<string> ResumeAsync(WebSocket socket, Registration registration, string secret, long received, CancellationToken cancellationToken);
}
