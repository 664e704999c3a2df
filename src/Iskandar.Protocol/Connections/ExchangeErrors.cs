namespace Iskandar.Protocol.Connections;

/// <summary>The stable code and the HTTP status of each <see cref="ExchangeError"/>.</summary>
public static class ExchangeErrors
{
    /// <summary>The field that carries the code. Only Iskandar sets it; an app's own is removed.</summary>
    public const string FieldName = "Iskandar-Error";

    /// <summary>The stable code, as docs/protocol.md lists it.</summary>
    /// <param name="error">Any value but <see cref="ExchangeError.None"/>.</param>
    public static string ToCode(this ExchangeError error) => error switch
    {
        ExchangeError.RequestInvalid => "request_invalid",
        ExchangeError.RequestHeadTooLarge => "request_head_too_large",
        ExchangeError.ResponseHeadTooLarge => "response_head_too_large",
        ExchangeError.ContentTooLarge => "content_too_large",
        ExchangeError.UpgradeUnsupported => "upgrade_unsupported",
        ExchangeError.MethodUnsupported => "method_unsupported",
        ExchangeError.OriginUnreachable => "origin_unreachable",
        ExchangeError.OriginFailed => "origin_failed",
        ExchangeError.OriginInvalid => "origin_invalid",
        ExchangeError.OriginTimeout => "origin_timeout",
        ExchangeError.ResponseInvalid => "response_invalid",
        ExchangeError.ResponseOverflow => "response_overflow",
        ExchangeError.ResponseTimeout => "response_timeout",
        ExchangeError.TunnelLost => "tunnel_lost",
        ExchangeError.TunnelBusy => "tunnel_busy",
        ExchangeError.TunnelClosing => "tunnel_closing",
        ExchangeError.ServerBusy => "server_busy",
        ExchangeError.ServerStopping => "server_stopping",
        ExchangeError.ServerFull => "server_full",
        ExchangeError.TunnelNotFound => "tunnel_not_found",
        ExchangeError.TunnelOffline => "tunnel_offline",
        ExchangeError.LinkGone => "link_gone",
        ExchangeError.NameRefused => "name_refused",
        ExchangeError.HostNotServed => "host_not_served",
        ExchangeError.OriginNotAllowed => "origin_not_allowed",
        ExchangeError.UpgradeRequired => "upgrade_required",
        ExchangeError.Cancelled => "cancelled",
        _ => throw new ArgumentOutOfRangeException(nameof(error), error, null),
    };

    /// <summary>The HTTP status that goes with the error (RFC 9110 section 15).</summary>
    /// <param name="error">Any value but <see cref="ExchangeError.None"/>.</param>
    public static int ToStatus(this ExchangeError error) => error switch
    {
        ExchangeError.RequestInvalid => 400,
        ExchangeError.OriginNotAllowed or ExchangeError.NameRefused => 403,
        ExchangeError.TunnelNotFound => 404,
        ExchangeError.MethodUnsupported => 405,
        ExchangeError.LinkGone => 410,
        ExchangeError.ContentTooLarge => 413,
        ExchangeError.HostNotServed => 421,
        ExchangeError.RequestHeadTooLarge => 431,
        ExchangeError.UpgradeRequired => 426,
        ExchangeError.UpgradeUnsupported => 501,
        ExchangeError.OriginTimeout or ExchangeError.ResponseTimeout => 504,
        ExchangeError.TunnelBusy or ExchangeError.TunnelClosing or ExchangeError.ServerBusy or ExchangeError.ServerStopping
            or ExchangeError.ServerFull or ExchangeError.TunnelOffline => 503,
        _ => 502,
    };

    /// <summary>What a client said in the <c>error</c> member. What a client has no business to say counts as <see cref="ExchangeError.OriginFailed"/>.</summary>
    /// <param name="code">The code, in UTF-8.</param>
    public static ExchangeError FromClientCode(ReadOnlySpan<byte> code) => code switch
    {
        _ when code.SequenceEqual("origin_unreachable"u8) => ExchangeError.OriginUnreachable,
        _ when code.SequenceEqual("origin_invalid"u8) => ExchangeError.OriginInvalid,
        _ when code.SequenceEqual("response_head_too_large"u8) => ExchangeError.ResponseHeadTooLarge,
        _ when code.SequenceEqual("origin_timeout"u8) => ExchangeError.OriginTimeout,
        _ when code.SequenceEqual("request_invalid"u8) => ExchangeError.RequestInvalid,
        _ when code.SequenceEqual("tunnel_closing"u8) => ExchangeError.TunnelClosing,
        _ when code.SequenceEqual("tunnel_busy"u8) => ExchangeError.TunnelBusy,
        _ => ExchangeError.OriginFailed,
    };
}
