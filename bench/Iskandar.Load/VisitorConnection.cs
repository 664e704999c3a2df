using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Iskandar.Load;

/// <summary>A persistent connection of a visitor; after a failure, the next request opens another.</summary>
internal sealed class VisitorConnection(IPEndPoint server) : IDisposable
{
    private readonly byte[] _input = new byte[8 * 1024];
    private Socket? _socket;

    /// <summary>Sends a request and waits for its response.</summary>
    /// <returns>Whether it was 200 and had the content that every tunnel answers with.</returns>
    public async ValueTask<bool> AskAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        try
        {
            if (_socket is null)
            {
                _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await _socket.ConnectAsync(server, cancellationToken);
            }

            await _socket.SendAsync(request, cancellationToken);
            var length = 0;
            while (true)
            {
                var received = await _socket.ReceiveAsync(_input.AsMemory(length), cancellationToken);
                length += received;
                if (TryRead(_input.AsSpan(0, length), out var isRight))
                {
                    return isRight;
                }

                if (received == 0)
                {
                    throw new InvalidDataException("The connection ended before the response did.");
                }
            }
        }
        catch (Exception fault) when (fault is SocketException or InvalidDataException or OperationCanceledException)
        {
            Dispose();
            return false;
        }
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _socket = null;
    }

    // Every response here has a length; one that hasn't is an error, and no more is read of it.
    private static bool TryRead(ReadOnlySpan<byte> response, out bool isRight)
    {
        isRight = false;
        var end = response.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        var head = response[..end];
        var field = head.IndexOf("\r\nContent-Length: "u8);
        if (field < 0)
        {
            throw new InvalidDataException(Encoding.ASCII.GetString(head));
        }

        var value = head[(field + "\r\nContent-Length: ".Length)..];
        var lineEnd = value.IndexOf("\r\n"u8);
        var length = int.Parse(lineEnd < 0 ? value : value[..lineEnd], NumberStyles.None, CultureInfo.InvariantCulture);
        var content = response[(end + 4)..];
        if (content.Length < length)
        {
            return false;
        }

        isRight = head.StartsWith("HTTP/1.1 200 "u8) && content.SequenceEqual(Answer.Content);
        return true;
    }
}
