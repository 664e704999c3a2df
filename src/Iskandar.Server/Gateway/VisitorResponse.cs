using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Iskandar.Server.Gateway;

/// <summary>Writes an exchange's response to the visitor: each piece of content at once, and a small response with its head in one write.</summary>
internal static class VisitorResponse
{
    /// <summary>Copies the head; nothing is sent yet.</summary>
    /// <returns>False when it can't stand as it is.</returns>
    public static bool TryCopyHead(ResponseHead head, HttpResponse response)
    {
        response.StatusCode = head.Status;
        var connection = ConnectionFields.OptionsOf(head.Fields);
        var headers = response.Headers;
        foreach (ref readonly var line in head.Fields.Lines)
        {
            if (IsDropped(line.Name) || ConnectionFields.IsNamedBy(connection, line.Name))
            {
                continue;
            }

            if (line.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                if (!TrySetLength(response, line.Value))
                {
                    return false;
                }

                continue;
            }

            headers[line.Name] = headers.TryGetValue(line.Name, out var earlier) ? StringValues.Concat(earlier, line.Value) : line.Value;
        }

        return true;
    }

    /// <summary>Copies the content until it ends.</summary>
    /// <returns>False when the response is not complete, and must not look as if it were.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<bool> TryCopyContentAsync(IGatewayExchange exchange, HttpContext context)
    {
        var response = context.Response;
        var hasContent = HasContent(context);
        var declared = hasContent ? response.ContentLength : null;

        // Once the head is out, its framing is Kestrel's.
        var isChunkedHere = hasContent && declared is null && !response.HasStarted && MayHaveTrailers(context);
        if (isChunkedHere)
        {
            response.Headers.TransferEncoding = "chunked";
        }

        var writer = response.BodyWriter;
        long written = 0;
        exchange.OnFailed(static writer => ((PipeWriter)writer).CancelPendingFlush(), writer);
        while (true)
        {
            if (!exchange.Content.TryRead(out var read))
            {
                if (!response.HasStarted)
                {
                    // Nothing there yet: the head goes alone.
                    await writer.FlushAsync(CancellationToken.None);
                }

                read = await exchange.Content.ReadAsync(CancellationToken.None);
            }

            var length = read.Buffer.Length;
            if (exchange.Error != ExchangeError.None && !response.HasStarted)
            {
                return false;
            }

            var isLast = read.IsCompleted && exchange.Error == ExchangeError.None;
            if (hasContent)
            {
                // Before anything is written: what doesn't add up can still become an error page if nothing was sent.
                written += length;
                if (written > declared || (isLast && written < declared))
                {
                    return false;
                }

                Write(writer, read.Buffer, isChunkedHere);
                if (isLast)
                {
                    End(writer, exchange, response, isChunkedHere);
                }
            }

            exchange.Content.AdvanceTo(read.Buffer.End);
            if (isLast)
            {
                break;
            }

            await writer.FlushAsync(CancellationToken.None);
            if (exchange.Error != ExchangeError.None)
            {
                return false;
            }

            exchange.Consumed(length);
        }

        if ((response.ContentLength is null && !isChunkedHere) || HasStreams(context))
        {
            // Writes the last chunk and sends it with what is still unsent. In HTTP/2 the end stands on what is sent last: gRPC reads a head as trailers only
            // if the stream ends with it.
            await response.CompleteAsync();
        }
        else
        {
            // Kestrel sends the end of a response that is sized, or that brings its own chunks, only when it is told to.
            await writer.FlushAsync(CancellationToken.None);
        }

        return true;
    }

    /// <summary>Makes this the last response on its connection, where a connection carries one after the other.</summary>
    public static void EndConnection(HttpContext context)
    {
        if (!HasStreams(context))
        {
            context.Response.Headers.Connection = "close";
        }
    }

    /// <summary>Whether a field is the connection's to the app, or not the app's to send.</summary>
    public static bool IsDropped(string name) => ConnectionFields.Contains(name) || name.StartsWith("Iskandar-", StringComparison.OrdinalIgnoreCase);

    private static bool HasStreams(HttpContext context) =>
        HttpProtocol.IsHttp2(context.Request.Protocol) || HttpProtocol.IsHttp3(context.Request.Protocol);

    // RFC 9110 section 6.4.1.
    private static bool HasContent(HttpContext context) =>
        !HttpMethods.IsHead(context.Request.Method)
        && context.Response.StatusCode is not (StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified);

    private static bool TrySetLength(HttpResponse response, string value)
    {
        if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || (response.ContentLength is { } other && other != length))
        {
            return false;
        }

        // RFC 9110 section 8.6: never in a 101 or 204. And a 205 has no content, so its length is not the app's to declare.
        if (response.StatusCode is not (StatusCodes.Status101SwitchingProtocols or StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent))
        {
            response.ContentLength = length;
        }

        return true;
    }

    // In HTTP/1.1, and when the visitor takes trailers or the app has announced some: others get Kestrel's chunks, which have none.
    private static bool MayHaveTrailers(HttpContext context) =>
        !context.Response.SupportsTrailers()
        && context.Request.Protocol == HttpProtocol.Http11
        && (VisitorRequest.WelcomesTrailers(context.Request) || context.Response.Headers.Trailer.Count > 0);

    private static void End(PipeWriter writer, IGatewayExchange exchange, HttpResponse response, bool isChunked)
    {
        if (isChunked)
        {
            ChunkedWriter.WriteEnd(writer, exchange.Trailers);
        }
        else
        {
            VisitorTrailers.Write(exchange.Trailers, response);
        }
    }

    private static void Write(PipeWriter writer, in ReadOnlySequence<byte> content, bool isChunked)
    {
        if (isChunked)
        {
            ChunkedWriter.Write(writer, content);
            return;
        }

        // An empty sequence has a segment too, and Kestrel would take it for a beginning of content.
        foreach (var segment in content)
        {
            if (!segment.IsEmpty)
            {
                writer.Write(segment.Span);
            }
        }
    }
}
