using Iskandar.Client;
using Yarp.ReverseProxy.Forwarder;

namespace Iskandar.Cli.Forwarding;

/// <summary>A feature of each request that the origin didn't answer in full.</summary>
/// <param name="Kind">How the origin failed; null when it is the visitor who went away.</param>
/// <param name="Reason">The innermost cause, in words.</param>
internal sealed record ForwardingFailure(OriginFailure? Kind, string Reason)
{
    /// <summary>The status that the visitor gets if the response hadn't started; null when there is no visitor any more.</summary>
    public int? Status => Kind switch
    {
        null => null,
        OriginFailure.Timeout => 504,
        _ => 502,
    };

    /// <summary>What a forwarding error means in the tunnel's words.</summary>
    /// <param name="error">Any value but <see cref="ForwarderError.None"/>.</param>
    /// <param name="exception">What the HTTP client said.</param>
    public static ForwardingFailure From(ForwarderError error, Exception? exception)
    {
        OriginFailure? kind = error switch
        {
            ForwarderError.Request when IsUnreachable(exception) => OriginFailure.Unreachable,
            _ when IsOriginBroken(exception) => OriginFailure.Failed,
            ForwarderError.RequestTimedOut => OriginFailure.Timeout,
            ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled or ForwarderError.RequestBodyClient
                or ForwarderError.ResponseBodyCanceled or ForwarderError.ResponseBodyClient
                or ForwarderError.UpgradeRequestCanceled or ForwarderError.UpgradeRequestClient or ForwarderError.UpgradeResponseCanceled => null,
            _ => OriginFailure.Failed,
        };
        return new ForwardingFailure(kind, exception?.GetBaseException().Message ?? error.ToString());
    }

    private static bool IsOriginBroken(Exception? exception)
    {
        while (exception is not null and not OriginBrokenException)
        {
            exception = exception.InnerException;
        }

        return exception is not null;
    }

    private static bool IsUnreachable(Exception? exception) => exception is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
    };
}
