using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>Sends a request, head first, while its content arrives: before it waits for more, everything that came has been sent on.</summary>
internal static class RequestContent
{
    private const int ReadLength = 64 * 1024;

    // What is shorter is copied behind what waits to be sent, and shares a send with it.
    private const int LongestGathered = 8 * 1024;

    /// <summary>Sends what is in the connection's output, and the content behind it.</summary>
    /// <param name="connection">Where to.</param>
    /// <param name="context">The request.</param>
    /// <param name="framing">How its content ends.</param>
    /// <param name="expectation">What the content has to wait for; null: nothing.</param>
    /// <param name="stop">To be cancelled when the rest is not wanted any more.</param>
    /// <returns>How it ended. Anything but <see cref="RequestOutcome.Sent"/> leaves the connection of no use for another request.</returns>
    public static async Task<RequestOutcome> SendAsync(
        OriginConnection connection, HttpContext context, RequestFraming framing, Expectation? expectation, CancellationTokenSource stop)
    {
        if (expectation is not null && await TryWaitAsync(connection, expectation, stop.Token) is { } refused)
        {
            return refused;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(ReadLength);
        RequestOutcome outcome;
        try
        {
            outcome = await SendAsync(connection, context, framing, buffer.AsMemory(0, ReadLength), stop);
        }
        catch
        {
            connection.Abort();
            throw;
        }

        if (outcome == RequestOutcome.Sent)
        {
            // Else a read or a write may not be done with it.
            ArrayPool<byte>.Shared.Return(buffer);
        }
        else if (outcome == RequestOutcome.VisitorFailed)
        {
            // The origin waits for the rest, and would wait for ever.
            connection.Abort();
        }

        return outcome;
    }

    // Until the origin has said that it wants the content, not a byte of it is asked of the visitor.
    private static async Task<RequestOutcome?> TryWaitAsync(OriginConnection connection, Expectation expectation, CancellationToken cancellationToken)
    {
        if (await TryFlushAsync(connection, cancellationToken) is { } failed)
        {
            return failed;
        }

        try
        {
            return await expectation.WaitAsync(cancellationToken) ? null : RequestOutcome.Unfinished;
        }
        catch (OperationCanceledException)
        {
            return RequestOutcome.Unfinished;
        }
    }

    private static async Task<RequestOutcome> SendAsync(
        OriginConnection connection, HttpContext context, RequestFraming framing, Memory<byte> buffer, CancellationTokenSource stop)
    {
        var cancellationToken = stop.Token;
        var left = framing.Length ?? long.MaxValue;
        while (true)
        {
            int count;
            RequestOutcome? failed = null;
            try
            {
                var read = context.Request.Body.ReadAsync(buffer, cancellationToken);
                failed = read.IsCompleted ? null : await TryFlushAsync(connection, cancellationToken);
                if (failed is not null)
                {
                    await stop.CancelAsync();
                }

                count = await read;
                if (failed is { } outcome)
                {
                    return outcome;
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return failed ?? RequestOutcome.Unfinished;
            }
            catch (Exception fault) when (fault is IOException or OperationCanceledException or BadHttpRequestException)
            {
                return RequestOutcome.VisitorFailed;
            }

            left -= count;
            if (left < 0 || (count == 0 && framing.Length is not null && left > 0))
            {
                // More would be taken for the next request, less would never end.
                return RequestOutcome.VisitorFailed;
            }

            if (count == 0)
            {
                if (framing.IsChunked)
                {
                    RequestHeadWriter.WriteEnd(connection.Output, context.Features.Get<IHttpRequestTrailersFeature>() is { Available: true } trailers ? trailers.Trailers : null);
                }

                return await TryFlushAsync(connection, cancellationToken) ?? RequestOutcome.Sent;
            }

            if (await TrySendAsync(connection, buffer[..count], framing.IsChunked, cancellationToken) is { } broken)
            {
                return broken;
            }

            if (left == 0)
            {
                // An answer may be on its way: it must not find a request whose end is still being waited for.
                return await TryFlushAsync(connection, cancellationToken) ?? RequestOutcome.Sent;
            }
        }
    }

    private static async ValueTask<RequestOutcome?> TrySendAsync(OriginConnection connection, ReadOnlyMemory<byte> content, bool isChunked, CancellationToken cancellationToken)
    {
        var output = connection.Output;
        if (isChunked)
        {
            var size = output.GetSpan(10);
            content.Length.TryFormat(size, out var digits, "X", CultureInfo.InvariantCulture);
            output.Advance(digits);
            output.Write("\r\n"u8);
        }

        var gathers = content.Length <= LongestGathered;
        if (gathers)
        {
            output.Write(content.Span);
        }
        else
        {
            if (await TryFlushAsync(connection, cancellationToken) is { } failed)
            {
                return failed;
            }

            try
            {
                await connection.WriteAsync(content, cancellationToken);
            }
            catch (Exception fault) when (IsBreak(fault))
            {
                return RequestOutcome.OriginFailed;
            }
        }

        if (isChunked)
        {
            output.Write("\r\n"u8);
        }

        return output.WrittenCount > LongestGathered ? await TryFlushAsync(connection, cancellationToken) : null;
    }

    private static async ValueTask<RequestOutcome?> TryFlushAsync(OriginConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.FlushAsync(cancellationToken);
            return null;
        }
        catch (Exception fault) when (IsBreak(fault))
        {
            return cancellationToken.IsCancellationRequested ? RequestOutcome.Unfinished : RequestOutcome.OriginFailed;
        }
    }

    private static bool IsBreak(Exception fault) => fault is IOException or ObjectDisposedException or OperationCanceledException;
}
