using System.Runtime.ExceptionServices;
using Iskandar.Cli.Configuration;
using Iskandar.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>
/// Sends requests to an origin in HTTP/1.1 (RFC 9112) and its responses back, both as they come. Nothing is added, decoded, kept or followed.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>A connection is taken, or made, and the request's head written.</item>
/// <item>Its content, if there is any, is sent while the response is read: an origin may answer before it has all of it.</item>
/// <item>Informational responses are passed on. 100 (Continue) isn't one of them: it has the content sent, and reading that is what tells the visitor.</item>
/// <item>The response's head goes with its first content, or before, when that keeps waiting.</item>
/// <item>When both messages are complete, the connection waits for the next request. One that a 101 has upgraded never does.</item>
/// </list>
/// </remarks>
internal sealed class Http1Forwarder : IDisposable
{
    // An app that sends more of them than this will never answer.
    private const int MostInformational = 64;

    private readonly OriginConnectionPool _pool;
    private readonly Uri _origin;
    private readonly HostField _hostField;
    private readonly PublicLocation? _location;
    private readonly string _authority;
    private readonly TimeProvider _time;

    public Http1Forwarder(OriginSettings settings, TimeProvider time, Func<CancellationToken, ValueTask<Stream>>? connect = null)
    {
        _pool = new OriginConnectionPool(connect ?? OriginConnectionPool.To(settings.Origin), time);
        _origin = settings.Origin;
        _hostField = settings.HostField;
        _location = PublicLocation.For(settings);
        _authority = OriginUri.Authority(settings.Origin);
        _time = time;
    }

    /// <summary>Forwards one exchange.</summary>
    /// <returns>Null, or what went wrong. The response may have started then, and isn't complete.</returns>
    public async Task<ForwardingFailure?> ForwardAsync(HttpContext context)
    {
        var framing = RequestFraming.Of(context);
        var upgrade = RequestedProtocol.Of(context, framing);
        if (upgrade is not null && context.Request.Headers.Origin is [{ } page])
        {
            context.Request.Headers.Origin = HandshakeOrigin.Choose(page, context.Request.Headers.Host.ToString(), _origin, _hostField);
        }

        var isRepeatable = !framing.HasContent && RequestMethod.IsIdempotent(context.Request.Method);
        var mayReuse = true;
        while (true)
        {
            if (context.RequestAborted.IsCancellationRequested)
            {
                return ForwardingFailure.VisitorLeft;
            }

            OriginConnection? connection = null;
            try
            {
                connection = (mayReuse ? _pool.TryTake(isRepeatable ? OriginConnectionPool.MostIdle : OriginConnectionPool.MostIdleForOnce) : null)
                    ?? await _pool.ConnectAsync(context.RequestAborted);
                return await ForwardAsync(context, connection, framing, upgrade);
            }
            catch (OriginUnreachableException unreachable)
            {
                return ForwardingFailure.Unreachable(unreachable.GetBaseException().Message);
            }
            catch (Exception) when (context.RequestAborted.IsCancellationRequested)
            {
                return ForwardingFailure.VisitorLeft;
            }
            catch (Exception fault) when (fault is IOException or ObjectDisposedException)
            {
                if (isRepeatable && fault is not MalformedResponseException && connection is { IsReused: true, IsAnswered: false })
                {
                    // Closed before the origin saw the request, as far as can be known (RFC 9112 section 9.3.1).
                    mayReuse = false;
                    continue;
                }

                return fault is MalformedResponseException malformed ? ForwardingFailure.Malformed(malformed) : new ForwardingFailure(OriginFailure.Failed, fault.Message);
            }
        }
    }

    public void Dispose() => _pool.Dispose();

    private async Task<ForwardingFailure?> ForwardAsync(HttpContext context, OriginConnection connection, RequestFraming framing, string? upgrade)
    {
        var isOver = false;
        try
        {
            // Registered here and gone before the connection is anybody else's.
            using var leaving = context.RequestAborted.UnsafeRegister(static connection => ((OriginConnection)connection!).Abort(), connection);
            RequestHeadWriter.Write(connection.Output, context, _hostField.Choose(context.Request.Headers.Host.ToString()) ?? _authority, framing, upgrade);
            ForwardingFailure? failure;
            if (framing.HasContent)
            {
                (failure, isOver) = await ExchangeAsync(context, connection, framing);
            }
            else
            {
                await connection.FlushAsync(CancellationToken.None);
                (failure, isOver) = await RespondAsync(context, connection, expectation: null, upgrade);
            }

            return failure;
        }
        finally
        {
            if (isOver)
            {
                _pool.Return(connection);
            }
            else
            {
                connection.Dispose();
            }
        }
    }

    private async Task<(ForwardingFailure? Failure, bool IsOver)> ExchangeAsync(HttpContext context, OriginConnection connection, RequestFraming framing)
    {
        using var stop = new CancellationTokenSource();
        var expectation = Expectation.Of(context, framing, _time);
        var sending = RequestContent.SendAsync(connection, context, framing, expectation, stop);
        (ForwardingFailure? Failure, bool IsOver) result = default;
        IOException? broken = null;
        RequestOutcome outcome;
        try
        {
            result = await RespondAsync(context, connection, expectation);
        }
        catch (IOException fault)
        {
            broken = fault;
        }
        finally
        {
            await stop.CancelAsync();
            outcome = await sending;
        }

        if (broken is null)
        {
            return (result.Failure, result.IsOver && outcome == RequestOutcome.Sent);
        }

        if (outcome != RequestOutcome.VisitorFailed)
        {
            ExceptionDispatchInfo.Throw(broken);
        }

        return (new ForwardingFailure(null, "The request's content broke off."), false);
    }

    private async Task<(ForwardingFailure? Failure, bool IsOver)> RespondAsync(
        HttpContext context, OriginConnection connection, Expectation? expectation, string? upgrade = null)
    {
        var framing = await ReadHeadAsync(context, connection, expectation, upgrade);
        if (context.Response.StatusCode == StatusCodes.Status101SwitchingProtocols)
        {
            return (await UpgradedConnection.CopyAsync(context, connection), false);
        }

        _location?.Apply(context);
        var content = new ResponseContent(context, connection, framing);
        if (expectation is { IsOpen: true })
        {
            // Content that the origin has answered without isn't asked for, only taken if it comes; and once the head is out, reading asks for nothing.
            if (!await content.TrySendHeadAsync())
            {
                return (ForwardingFailure.VisitorLeft, false);
            }

            expectation.Answered(context.Response.StatusCode);
        }

        if (!await content.TryCopyAsync())
        {
            return (ForwardingFailure.VisitorLeft, false);
        }

        return (null, framing.KeepsAlive && (framing.IsChunked || framing.Length is not null));
    }

    private static async ValueTask<ResponseFraming> ReadHeadAsync(HttpContext context, OriginConnection connection, Expectation? expectation, string? upgrade)
    {
        for (var informational = 0; informational <= MostInformational; informational++)
        {
            int length;
            while ((length = ResponseHeadParser.FindEnd(connection.Unread.Span)) < 0)
            {
                if (await connection.ReadAsync() == 0)
                {
                    throw ResponseHeadParser.MayBegin(connection.Unread.Span)
                        ? new IOException("The connection was closed without an answer.")
                        : new MalformedResponseException(ResponseHeadParser.NoStatusLine);
                }
            }

            if (TryParse(context, connection, length, expectation, upgrade) is { } framing)
            {
                return framing;
            }
        }

        throw new MalformedResponseException($"More than {MostInformational} informational responses came.");
    }

    private static ResponseFraming? TryParse(HttpContext context, OriginConnection connection, int length, Expectation? expectation, string? upgrade)
    {
        var head = connection.Unread.Span[..length];
        var status = ResponseHeadParser.ParseStatusLine(ref head, out var isVersion10);
        if (status is < StatusCodes.Status200OK and not StatusCodes.Status101SwitchingProtocols)
        {
            if (status == StatusCodes.Status100Continue)
            {
                expectation?.Answered(status);
            }
            else
            {
                var fields = new HeaderDictionary();
                connection.Parser.ParseLines(head, fields);
                context.Features.GetRequiredFeature<ITunnelExchangeFeature>().SendInformational(status, fields);
            }

            connection.Take(length);
            return null;
        }

        context.Response.StatusCode = status;
        if (status == StatusCodes.Status101SwitchingProtocols)
        {
            connection.Parser.ParseLines(head, context.Response.Headers);
            connection.Take(length);
            return upgrade is not null && !isVersion10 && RequestedProtocol.IsAgreed(upgrade, context.Response.Headers.Upgrade.ToString())
                ? default(ResponseFraming)
                : throw new MalformedResponseException("The connection was upgraded to what nobody had asked for.");
        }

        var framing = connection.Parser.ParseFields(head, isVersion10, context.Response.Headers);
        connection.Take(length);
        return HttpMethods.IsHead(context.Request.Method) || status is StatusCodes.Status204NoContent or StatusCodes.Status304NotModified
            ? framing.WithoutContent()
            : framing;
    }
}
