using System.Net.WebSockets;

namespace Iskandar.Protocol.Transports;

/// <summary>The end of a connection that isn't read any more (RFC 6455 section 7): answers a close frame, and aborts what doesn't end in time.</summary>
internal static class ClosingHandshake
{
    /// <summary>The time allowed for each step.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>Ends the connection. Afterwards the socket is closed or aborted, and the sender takes nothing more.</summary>
    public static async Task FinishAsync(WebSocket socket, IClosable sender, TimeProvider time)
    {
        if (socket.State == WebSocketState.CloseReceived)
        {
            sender.Close(WebSocketCloseStatus.NormalClosure, "");
            try
            {
                await sender.Ended.WaitAsync(Timeout, time).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                socket.Abort();
            }
        }

        sender.Abort();
        if (socket.State != WebSocketState.Closed)
        {
            socket.Abort();
        }
    }

    /// <summary>
    /// Sends a close frame and passes over what the peer still sends, until it has answered: a connection that is cut off while something is unread can take with it what
    /// the peer hasn't read yet, the reason first of all.
    /// </summary>
    public static async Task RefuseAsync(WebSocket socket, IClosable sender, TimeProvider time, WebSocketCloseStatus status, string reason)
    {
        sender.Close(status, reason);
        using var limit = new CancellationTokenSource(Timeout, time);
        var passedOver = new byte[4096];
        try
        {
            await sender.Ended.WaitAsync(limit.Token).ConfigureAwait(false);
            while ((await socket.ReceiveAsync(passedOver.AsMemory(), limit.Token).ConfigureAwait(false)).MessageType != WebSocketMessageType.Close)
            {
                limit.Token.ThrowIfCancellationRequested();
            }
        }
        catch (Exception fault) when (ConnectionEnd.IsExpected(fault))
        {
            socket.Abort();
        }
    }
}
