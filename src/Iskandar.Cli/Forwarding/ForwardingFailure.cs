using Iskandar.Cli.Forwarding.Http1;
using Iskandar.Client;
using Yarp.ReverseProxy.Forwarder;

namespace Iskandar.Cli.Forwarding;

/// <summary>A feature of each request that the origin didn't answer in full.</summary>
/// <param name="Kind">How the origin failed; null when it is the visitor who went away.</param>
/// <param name="Reason">The innermost cause, in words.</param>
/// <param name="Advice">What the user should do, when there is something; said once.</param>
internal sealed record ForwardingFailure(OriginFailure? Kind, string Reason, string? Advice = null)
{
    private const string IsItRunning = "Is your app running?";

    private const string BadCertificate =
        "Have this machine trust the app's certificate, and forward to the name it was made for; for an app on this machine there is --upstream-tls-verify off.";

    private const string NoTls = "Does your app speak TLS, and HTTP/2 where gRPC or --upstream-protocol http2 asks for it? Without TLS, forward to http:// instead.";

    private const string NoHttp2 = "Does your app speak HTTP/2? If not: --upstream-protocol http1.";

    private const string NotHttp = "Visitors get an error page instead. Does your app speak HTTP/1.1 on this port?";

    private const string TooLarge = "Visitors get an error page instead. Does your app set very many or very long cookies?";

    /// <summary>Nobody waits for the response any more.</summary>
    public static ForwardingFailure VisitorLeft { get; } = new(null, "The visitor left.");

    /// <summary>Nothing answers at the origin.</summary>
    public static ForwardingFailure Unreachable(string reason) => new(OriginFailure.Unreachable, reason, IsItRunning);

    /// <summary>What the origin answered can't be passed on.</summary>
    public static ForwardingFailure Malformed(MalformedResponseException answer) => new(answer.Kind, answer.Message, AdviceOn(answer.Kind));

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
    /// <param name="mayLackHttp2">Whether the origin was spoken to in HTTP/2, and has never answered in it.</param>
    public static ForwardingFailure From(ForwarderError error, Exception? exception, bool mayLackHttp2 = false)
    {
        OriginFailure? kind = error switch
        {
            ForwarderError.Request when IsUnreachable(exception) => OriginFailure.Unreachable,
            ForwarderError.Request when exception is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } && !mayLackHttp2 => OriginFailure.Invalid,
            ForwarderError.Request when exception is HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => OriginFailure.HeadTooLarge,
            _ when Has<OriginBrokenException>(exception) => OriginFailure.Failed,
            ForwarderError.RequestTimedOut => OriginFailure.Timeout,
            ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled or ForwarderError.RequestBodyClient
                or ForwarderError.ResponseBodyCanceled or ForwarderError.ResponseBodyClient
                or ForwarderError.UpgradeRequestCanceled or ForwarderError.UpgradeRequestClient or ForwarderError.UpgradeResponseCanceled => null,
            _ => OriginFailure.Failed,
        };
        return new ForwardingFailure(kind, exception?.GetBaseException().Message ?? error.ToString(), kind is null ? null : AdviceOn(exception, mayLackHttp2) ?? AdviceOn(kind));
    }

    private static string? AdviceOn(OriginFailure? kind) => kind switch
    {
        OriginFailure.Invalid => NotHttp,
        OriginFailure.HeadTooLarge => TooLarge,
        _ => null,
    };

    private static string? AdviceOn(Exception? exception, bool mayLackHttp2) => exception is not HttpRequestException { HttpRequestError: var error } ? null : error switch
    {
        HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError => IsItRunning,
        HttpRequestError.SecureConnectionError => Has<BadCertificateException>(exception) ? BadCertificate : NoTls,
        _ => mayLackHttp2 ? NoHttp2 : null,
    };

    private static bool Has<T>(Exception? exception)
        where T : Exception
    {
        while (exception is not null and not T)
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
