using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Iskandar.Tests.Infrastructure;

/// <summary>A visitor's request, without a server: the features that the gateway looks at.</summary>
internal sealed class Visitor
    : IHttpRequestBodyDetectionFeature, IHttpRequestLifetimeFeature, IHttpUpgradeFeature, IHttpExtendedConnectFeature, IHttpMinResponseDataRateFeature, IDisposable
{
    private readonly CancellationTokenSource _left = new();

    public Visitor(string method = "GET", string target = "/", string host = "abc123.localhost:8080", bool isStuck = false)
    {
        Response = new RecordingResponse { IsStuck = isStuck };
        Context = new DefaultHttpContext();
        RequestAborted = _left.Token;
        var features = Context.Features;
        features.Set<IHttpResponseFeature>(Response);
        features.Set<IHttpResponseBodyFeature>(Response);
        features.Set<IHttpRequestBodyDetectionFeature>(this);
        features.Set<IHttpRequestLifetimeFeature>(this);
        features.Set<IHttpUpgradeFeature>(this);
        features.Set<IHttpExtendedConnectFeature>(this);
        features.Set<IHttpMinResponseDataRateFeature>(this);
        Context.Request.Method = method;
        Context.Request.Scheme = "http";
        Context.Request.Host = new HostString(host);
        var query = target.IndexOf('?', StringComparison.Ordinal);
        Context.Request.Path = target.StartsWith('/') ? (query < 0 ? target : target[..query]) : "/";
        Context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = target;
        Context.Connection.RemoteIpAddress = IPAddress.Parse("192.0.2.7");
        Context.Connection.LocalIpAddress = IPAddress.Parse("198.51.100.1");
    }

    public DefaultHttpContext Context { get; }

    public RecordingResponse Response { get; }

    /// <summary>Whether the transfer was aborted.</summary>
    public bool IsAborted { get; private set; }

    public bool CanHaveBody { get; private set; }

    public bool IsUpgradableRequest { get; init; }

    /// <summary>What an extended CONNECT asks for; null: the request is none.</summary>
    public string? Protocol { get; init; }

    public bool IsExtendedConnect => Protocol is not null;

    /// <summary>The server's end of the connection once it is upgraded; null: the server allows no more.</summary>
    public Stream? Upgraded { get; init; }

    public MinDataRate? MinDataRate { get; set; } = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

    public CancellationToken RequestAborted { get; set; }

    public string? ErrorCode => Response.Headers["Iskandar-Error"];

    public Visitor With(string name, params string[] values)
    {
        Context.Request.Headers[name] = values;
        return this;
    }

    /// <summary>Gives the request content.</summary>
    public Visitor WithContent(string content, bool declareLength = true) => WithContent(new MemoryStream(Encoding.UTF8.GetBytes(content)), declareLength ? content.Length : null);

    public Visitor WithContent(Stream content, long? length)
    {
        CanHaveBody = true;
        Context.Request.Body = content;
        Context.Request.ContentLength = length;
        return this;
    }

    /// <summary>Gives the request a trailer section.</summary>
    public Visitor WithTrailer(string name, params string[] values)
    {
        if (Context.Features.Get<IHttpRequestTrailersFeature>() is not { } trailers)
        {
            Context.Features.Set(trailers = new RequestTrailers());
        }

        trailers.Trailers[name] = values;
        return this;
    }

    /// <summary>Lets the visitor be given a trailer section, as HTTP/2 does.</summary>
    public Visitor TakingTrailers()
    {
        Context.Features.Set<IHttpResponseTrailersFeature>(new ResponseTrailers());
        return this;
    }

    /// <summary>The visitor closes the connection.</summary>
    public Task LeaveAsync() => _left.CancelAsync();

    public void Abort() => IsAborted = true;

    public async Task<Stream> UpgradeAsync()
    {
        if (Upgraded is null)
        {
            throw new InvalidOperationException();
        }

        await Response.StartAsync();
        return Upgraded;
    }

    public async ValueTask<Stream> AcceptAsync() => await UpgradeAsync();

    public void Dispose() => _left.Dispose();

    private sealed class RequestTrailers : IHttpRequestTrailersFeature
    {
        public bool Available => true;

        public IHeaderDictionary Trailers { get; } = new HeaderDictionary();
    }

    private sealed class ResponseTrailers : IHttpResponseTrailersFeature
    {
        public IHeaderDictionary Trailers { get; set; } = new HeaderDictionary();
    }
}
