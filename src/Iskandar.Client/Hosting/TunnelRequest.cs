using Iskandar.Protocol.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Iskandar.Client.Hosting;

/// <summary>
/// An exchange as ASP.NET Core sees it: the features of its HttpContext. What isn't asked for isn't made. One for each exchange, never used again: who keeps
/// it, or the HttpContext, must not find another visitor's request in it.
/// </summary>
internal sealed partial class TunnelRequest : IHttpRequestFeature
{
    private readonly TunnelResponse _response;
    private IClientExchange _exchange;
    private IHeaderDictionary? _headers;
    private string? _path;

    public TunnelRequest(IClientExchange exchange)
    {
        _exchange = exchange;
        Method = exchange.Request.Method;
        RawTarget = exchange.Request.Target;
        IsUpgradableRequest = exchange.IsUpgrade;
        CanHaveBody = !IsUpgradableRequest && exchange.ContentLength is null or > 0;
        _response = new TunnelResponse(exchange, isHead: Method == HttpMethods.Head);
    }

    public string Protocol { get; set; } = "HTTP/1.1";

    public string Scheme
    {
        get => field ??= Headers["X-Forwarded-Proto"] is ["https"] ? "https" : "http";
        set;
    }

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

    public IHeaderDictionary Headers
    {
        get => _headers ??= MessageFields.Read(_exchange);
        set => _headers = value;
    }

    /// <summary>Ends the response when the application has returned.</summary>
    public Task CompleteAsync() => _response.CompleteAsync();

    /// <summary>Ends the response when the application has thrown.</summary>
    public Task FailAsync() => _response.FailAsync();

    /// <summary>Calls what the application registered for the end of the response.</summary>
    public Task FireOnCompletedAsync(ILogger logger) => _response.FireOnCompletedAsync(logger);

    /// <summary>Lets go of the exchange: from here on nothing that the application does reaches it.</summary>
    public void Detach()
    {
        _exchange = EndedExchange.Instance;
        _response.Detach();
    }
}
