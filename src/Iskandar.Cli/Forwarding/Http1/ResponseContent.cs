using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>Copies a response's content from the origin's connection to the visitor, as it comes.</summary>
internal sealed class ResponseContent(HttpContext context, OriginConnection connection, ResponseFraming framing)
{
    private ChunkedDecoder _chunks;
    private long _left = framing.Length ?? long.MaxValue;

    /// <summary>Copies all of it, and the trailers.</summary>
    /// <returns>False: the visitor takes no more.</returns>
    /// <exception cref="IOException">It broke off before its end, or isn't what it should be.</exception>
    public async ValueTask<bool> TryCopyAsync()
    {
        while (_left > 0)
        {
            if (connection.Unread.IsEmpty)
            {
                var read = connection.ReadAsync();
                if (!read.IsCompleted && !context.Response.HasStarted && !await TrySendHeadAsync())
                {
                    return false;
                }

                if (await read == 0)
                {
                    return framing is { IsChunked: false, Length: null } ? true : throw new IOException("The connection was closed before the end of the response.");
                }
            }

            var piece = Next(out var taken);
            if (!piece.IsEmpty && !await TrySendAsync(piece))
            {
                return false;
            }

            connection.Take(taken);
            if (_chunks.IsAtTrailers)
            {
                await CopyTrailersAsync();
                return true;
            }
        }

        return true;
    }

    /// <summary>Sends the head ahead of content, which may keep waiting.</summary>
    /// <returns>False: the visitor takes it no more.</returns>
    public async ValueTask<bool> TrySendHeadAsync()
    {
        try
        {
            await context.Response.Body.FlushAsync();
            return true;
        }
        catch (Exception fault) when (IsRefusal(fault))
        {
            return false;
        }
    }

    private static bool IsRefusal(Exception fault) => fault is OperationCanceledException or IOException or InvalidOperationException;

    private async ValueTask<bool> TrySendAsync(ReadOnlyMemory<byte> content)
    {
        try
        {
            await context.Response.Body.WriteAsync(content);
            return true;
        }
        catch (Exception fault) when (IsRefusal(fault))
        {
            return false;
        }
    }

    private ReadOnlyMemory<byte> Next(out int taken)
    {
        var unread = connection.Unread;
        if (framing.IsChunked)
        {
            taken = _chunks.Decode(unread.Span, out var content);
            return unread[content];
        }

        taken = (int)Math.Min(unread.Length, _left);
        _left -= taken;
        return unread[..taken];
    }

    private async ValueTask CopyTrailersAsync()
    {
        while (true)
        {
            var unread = connection.Unread;
            var length = unread.Span switch
            {
                [(byte)'\n', ..] => 1,
                [(byte)'\r', (byte)'\n', ..] => 2,
                _ => ResponseHeadParser.FindEnd(unread.Span),
            };
            if (length >= 0)
            {
                if (length > 2)
                {
                    connection.Parser.ParseLines(unread.Span[..length], context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers);
                }

                connection.Take(length);
                return;
            }

            if (await connection.ReadAsync() == 0)
            {
                throw new IOException("The connection was closed before the end of the response.");
            }
        }
    }
}
