using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>A visitor on a bare TCP connection, for what must be right byte by byte.</summary>
public sealed class RawVisitor : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    private RawVisitor(Socket socket) => _socket = socket;

    public static async Task<RawVisitor> ConnectAsync(int port, int receiveBuffer = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0)
        {
            socket.ReceiveBufferSize = receiveBuffer;
        }

        await socket.ConnectAsync(IPAddress.Loopback, port, Bounded.Token());
        return new RawVisitor(socket);
    }

    /// <summary>Sends ISO-8859-1 text as it is.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None, Bounded.Token())..];
        }
    }

    /// <summary>Sends a request without content.</summary>
    public Task SendRequestAsync(string method, string target, string host, params string[] fields) =>
        SendAsync($"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{string.Concat(fields.Select(field => field + "\r\n"))}\r\n");

    public async Task<RawHead> ReadHeadAsync()
    {
        var statusLine = await ReadLineAsync() ?? throw new EndOfStreamException("The connection ended before a status line.");
        var fields = new List<KeyValuePair<string, string>>();
        while (await ReadLineAsync() is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            fields.Add(new(line[..colon], line[(colon + 1)..].Trim()));
        }

        return new RawHead(int.Parse(statusLine.AsSpan(9, 3), CultureInfo.InvariantCulture), fields);
    }

    public async Task<RawResponse> ReadResponseAsync(bool isHead = false) => await ReadResponseAsync(await ReadHeadAsync(), isHead);

    /// <summary>The content that belongs to a head.</summary>
    public async Task<RawResponse> ReadResponseAsync(RawHead head, bool isHead = false)
    {
        if (isHead || head.Status is 204 or 304)
        {
            return new RawResponse(head, [], true);
        }

        var body = new MemoryStream();
        if (head["Transfer-Encoding"] == "chunked")
        {
            return new RawResponse(head, body.ToArray(), await ReadChunkedAsync(body)) with { Body = body.ToArray() };
        }

        if (head["Content-Length"] is not { } length)
        {
            await ReadAsync(body, long.MaxValue);
            return new RawResponse(head, body.ToArray(), true);
        }

        var isComplete = await ReadAsync(body, long.Parse(length, CultureInfo.InvariantCulture));
        return new RawResponse(head, body.ToArray(), isComplete);
    }

    /// <summary>Whether the peer ended the connection without sending another byte.</summary>
    public async Task<bool> IsEndedAsync() => _start == _end && !await FillAsync();

    /// <summary>So many bytes, as they come.</summary>
    public async Task<byte[]> ReadExactlyAsync(int count)
    {
        var bytes = new MemoryStream();
        Assert.True(await ReadAsync(bytes, count), $"The connection ended after {bytes.Length} of {count} bytes.");
        return bytes.ToArray();
    }

    /// <summary>Reads some bytes, valid until the next read: at least one unless the connection ended.</summary>
    public async Task<ReadOnlyMemory<byte>> ReadSomeAsync()
    {
        if (_start == _end && !await FillAsync())
        {
            return default;
        }

        var bytes = _buffer.AsMemory(_start.._end);
        _start = _end;
        return bytes;
    }

    /// <summary>Sends no more, and still reads.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Leaves as a program does that was killed: with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<bool> ReadChunkedAsync(MemoryStream body)
    {
        while (await ReadLineAsync() is { } size)
        {
            var length = long.Parse(size.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (length == 0)
            {
                return await ReadLineAsync() is "";
            }

            if (!await ReadAsync(body, length) || await ReadLineAsync() is not "")
            {
                return false;
            }
        }

        return false;
    }

    private async Task<bool> ReadAsync(MemoryStream body, long count)
    {
        while (count > 0)
        {
            if (_start == _end && !await FillAsync())
            {
                return false;
            }

            var taken = (int)Math.Min(count, _end - _start);
            body.Write(_buffer, _start, taken);
            _start += taken;
            count -= taken;
        }

        return true;
    }

    private async Task<string?> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end && !await FillAsync())
            {
                return null;
            }

            var character = (char)_buffer[_start++];
            line.Append(character);
            if (character == '\n')
            {
                return line.ToString().TrimEnd('\n').TrimEnd('\r');
            }
        }
    }

    private async Task<bool> FillAsync()
    {
        try
        {
            _start = 0;
            _end = 0;
            _end = await _socket.ReceiveAsync(_buffer, SocketFlags.None, Bounded.Token());
            return _end > 0;
        }
        catch (SocketException)
        {
            // A reset is an end as well; whether it came too early is for the caller to see.
            return false;
        }
    }
}
