using Iskandar.Protocol.Connections;

namespace Iskandar.Protocol.Frames;

/// <summary>What a code means for an exchange, and which code says it.</summary>
internal static class ErrorCodes
{
    /// <summary>What a client said. What a client has no business to say, and what isn't known, counts as <see cref="ExchangeError.OriginFailed"/>.</summary>
    public static ExchangeError ToExchangeError(this ErrorCode code) => code switch
    {
        ErrorCode.ProtocolError or ErrorCode.FlowControlError => ExchangeError.ResponseInvalid,
        ErrorCode.HeadTooLarge => ExchangeError.ResponseHeadTooLarge,
        ErrorCode.RequestInvalid => ExchangeError.RequestInvalid,
        ErrorCode.OriginUnreachable => ExchangeError.OriginUnreachable,
        ErrorCode.OriginTimeout => ExchangeError.OriginTimeout,
        ErrorCode.OriginInvalid => ExchangeError.OriginInvalid,
        ErrorCode.TunnelBusy => ExchangeError.TunnelBusy,
        ErrorCode.TunnelClosing => ExchangeError.TunnelClosing,
        ErrorCode.Overflow => ExchangeError.ResponseOverflow,
        _ => ExchangeError.OriginFailed,
    };

    /// <summary>What to tell the other side about an exchange that failed here.</summary>
    public static ErrorCode ToErrorCode(this ExchangeError error) => error switch
    {
        ExchangeError.RequestInvalid => ErrorCode.RequestInvalid,
        ExchangeError.ResponseHeadTooLarge or ExchangeError.RequestHeadTooLarge => ErrorCode.HeadTooLarge,
        ExchangeError.ResponseInvalid => ErrorCode.ResponseInvalid,
        ExchangeError.OriginUnreachable => ErrorCode.OriginUnreachable,
        ExchangeError.OriginFailed => ErrorCode.OriginFailed,
        ExchangeError.OriginTimeout => ErrorCode.OriginTimeout,
        ExchangeError.OriginInvalid => ErrorCode.OriginInvalid,
        ExchangeError.TunnelBusy => ErrorCode.TunnelBusy,
        ExchangeError.TunnelClosing => ErrorCode.TunnelClosing,
        ExchangeError.ResponseOverflow => ErrorCode.Overflow,
        ExchangeError.ResponseTimeout => ErrorCode.Timeout,
        _ => ErrorCode.Done,
    };
}
