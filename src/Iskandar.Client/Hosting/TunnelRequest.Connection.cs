using System.Net;
using Iskandar.Protocol.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Client.Hosting;

/// <summary>Who sent the request, what it is called, and how it ends early.</summary>
internal sealed partial class TunnelRequest : IHttpConnectionFeature, IHttpRequestIdentifierFeature, IHttpRequestLifetimeFeature, ITunnelExchangeFeature
{
    private CancellationToken? _aborted;

    public string ConnectionId { get; set; } = "tunnel";

    public IPAddress? RemoteIpAddress
    {
        get => field ??= IPAddress.TryParse(Headers["X-Forwarded-For"].ToString(), out var address) ? address : null;
        set;
    }

    public int RemotePort { get; set; }

    public IPAddress? LocalIpAddress { get; set; }

    public int LocalPort { get; set; }

    public string TraceIdentifier
    {
        get => field ??= Guid.CreateVersion7().ToString("N");
        set;
    }

    public CancellationToken RequestAborted
    {
        get => _aborted ??= _exchange.Cancelled;
        set => _aborted = value;
    }

    /// <summary>Whether the visitor left, or the response was given up.</summary>
    public bool IsCancelled => _exchange.Cancelled.IsCancellationRequested;

    public void Abort() => _response.Fail(ExchangeError.OriginFailed);

    public void Fail(OriginFailure failure) => _response.Fail(failure switch
    {
        OriginFailure.Unreachable => ExchangeError.OriginUnreachable,
        OriginFailure.Timeout => ExchangeError.OriginTimeout,
        OriginFailure.Invalid => ExchangeError.OriginInvalid,
        OriginFailure.HeadTooLarge => ExchangeError.ResponseHeadTooLarge,
        _ => ExchangeError.OriginFailed,
    });

    public void SendInformational(int statusCode, IHeaderDictionary headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        if (statusCode is < 100 or > 199 or StatusCodes.Status101SwitchingProtocols)
        {
            throw new ArgumentOutOfRangeException(nameof(statusCode), statusCode, "Expected 100 to 199, but not 101.");
        }

        _response.SendInformational(statusCode, headers);
    }
}
