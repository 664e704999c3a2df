using System.Net.WebSockets;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary;

/// <summary>Messages of frames over a WebSocket, either side.</summary>
public sealed class FrameSocket(WebSocket socket) : IDisposable
{
    private readonly SemaphoreSlim _sending = new(1);

    public WebSocket WebSocket { get; } = socket;

    /// <summary>The next message, or null when the connection has ended, however it did.</summary>
    public async Task<byte[]?> ReceiveAsync(WebSocketMessageType type, CancellationToken token)
    {
        var message = new MemoryStream();
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var result = await WebSocket.ReceiveAsync(buffer.AsMemory(), token);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    return null;
                }

                if (result.MessageType != type)
                {
                    throw new ProtocolViolationException($"A message of type {result.MessageType}.");
                }

                message.Write(buffer, 0, result.Count);
                if (result.EndOfMessage)
                {
                    return message.ToArray();
                }
            }
        }
        catch (Exception end) when (IsEnd(end))
        {
            // The connection broke, or this side has aborted it.
            return null;
        }
    }

    /// <summary>Ends the closing handshake that the peer began, if it did.</summary>
    public async Task AnswerCloseAsync(CancellationToken token)
    {
        if (WebSocket.State != WebSocketState.CloseReceived)
        {
            return;
        }

        await _sending.WaitAsync(token);
        try
        {
            await WebSocket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, token);
        }
        catch (Exception end) when (IsEnd(end))
        {
            // The peer didn't wait for the answer.
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <param name="message">What to send.</param>
    /// <param name="type">Binary, unless it is to be wrong.</param>
    /// <param name="isWhole">Whether the message ends here.</param>
    public async Task SendAsync(ReadOnlyMemory<byte> message, WebSocketMessageType type = WebSocketMessageType.Binary, bool isWhole = true)
    {
        var token = Bounded.Token();
        await _sending.WaitAsync(token);
        try
        {
            await WebSocket.SendAsync(message, type, isWhole, token);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Sends while there is somebody who takes it: a peer may well end the connection amid what it doesn't want.</summary>
    /// <returns>Whether it was sent.</returns>
    public async Task<bool> TrySendAsync(ReadOnlyMemory<byte> message)
    {
        try
        {
            await SendAsync(message);
            return true;
        }
        catch (Exception end) when (IsEnd(end) && !TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose()
    {
        WebSocket.Dispose();
        _sending.Dispose();
    }

    private static bool IsEnd(Exception fault) =>
        fault is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException or InvalidOperationException;
}
