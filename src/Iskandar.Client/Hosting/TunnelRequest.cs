using System.Net;
using Iskandar.Protocol.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Iskandar.Client.Hosting;

/// <summary>An exchange as ASP.NET Core sees it: the features of its HttpContext that say what the visitor asked.</summary>
internal sealed partial class TunnelRequest : IHttpRequestFeature, IHttpRequestLifetimeFeature, IHttpRequestIdentifierFeature, IHttpConnectionFeature, ITunnelExchangeFeature
{
    private readonly IClientExchange _exchange;
    private readonly TunnelResponse _response;
    private CancellationToken? _aborted;
    private string? _path;

    public TunnelRequest(IClientExchange exchange)
    {
        _exchange = exchange;
        Method = exchange.Request.Method;
        RawTarget = exchange.Request.Target;
        Headers = RequestHeaders.Read(exchange);
        Scheme = Headers["X-Forwarded-Proto"] is ["https"] ? "https" : "http";
        _response = new TunnelResponse(exchange, suppressesContent: Method == HttpMethods.Head);

        Features = new FeatureCollection(initialCapacity: 16);
        Features.Set<IHttpRequestFeature>(this);
        Features.Set<IHttpRequestBodyDetectionFeature>(this);
        Features.Set<IHttpRequestLifetimeFeature>(this);
        Features.Set<IHttpRequestIdentifierFeature>(this);
        Features.Set<IHttpConnectionFeature>(this);
        Features.Set<ITunnelExchangeFeature>(this);
        Features.Set<IHttpUpgradeFeature>(this);
        Features.Set<IHttpRequestTrailersFeature>(this);
        Features.Set<IHttpResponseFeature>(_response);
        Features.Set<IHttpResponseBodyFeature>(_response.Body);
        Features.Set<IHttpResponseTrailersFeature>(_response);
    }

    public FeatureCollection Features { get; }

    public string Protocol { get; set; } = "HTTP/1.1";

    public string Scheme { get; set; }

    public string Method { get; set; }

    public string PathBase { get; set; } = "";

    public string Path
    {
        get => _path ??= RequestPath.Decode(RawTarget);
        set => _path = value;
    }

    public string QueryString
    {
        get => field ??= RawTarget.IndexOf('?', StringComparison.Ordinal) is >= 0 and var at ? RawTarget[at..] : "";
        set;
    }

    public string RawTarget { get; set; }

    public IHeaderDictionary Headers { get; set; }

    public CancellationToken RequestAborted
    {
        get => _aborted ??= _exchange.Cancelled;
        set => _aborted = value;
    }

    /// <summary>Whether the visitor left, or the response was given up.</summary>
    public bool IsCancelled => _exchange.Cancelled.IsCancellationRequested;

    public string TraceIdentifier
    {
        get => field ??= Guid.CreateVersion7().ToString("N");
        set;
    }

    public string ConnectionId { get; set; } = "tunnel";

    public IPAddress? RemoteIpAddress
    {
        get => field ??= IPAddress.TryParse(Headers["X-Forwarded-For"].ToString(), out var address) ? address : null;
        set;
    }

    public int RemotePort { get; set; }

    public IPAddress? LocalIpAddress { get; set; }

    public int LocalPort { get; set; }

    public void Abort() => _response.Fail(ExchangeError.OriginFailed);

    public void Fail(OriginFailure failure) => _response.Fail(failure switch
    {
        OriginFailure.Unreachable => ExchangeError.OriginUnreachable,
        OriginFailure.Timeout => ExchangeError.OriginTimeout,
        _ => ExchangeError.OriginFailed,
    });

    /// <summary>Ends the response when the application has returned.</summary>
    public Task CompleteAsync() => _response.CompleteAsync();

    /// <summary>Ends the response when the application has thrown.</summary>
    public Task FailAsync() => _response.FailAsync();

    /// <summary>Calls what the application registered for the end of the response.</summary>
    public Task FireOnCompletedAsync(ILogger logger) => _response.FireOnCompletedAsync(logger);
}
