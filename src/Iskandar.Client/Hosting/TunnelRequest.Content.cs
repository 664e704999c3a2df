using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Client.Hosting;

/// <summary>The request's content, and the trailers behind it.</summary>
internal sealed partial class TunnelRequest : IHttpRequestBodyDetectionFeature, IHttpRequestTrailersFeature
{
    private Stream? _body;
    private FieldDictionary? _trailers;
    private volatile bool _contentWasRead;

    public bool CanHaveBody { get; }

    public Stream Body
    {
        get => _body ??= OpenBody();
        set => _body = value;
    }

    bool IHttpRequestTrailersFeature.Available => _contentWasRead || !CanHaveBody;

    IHeaderDictionary IHttpRequestTrailersFeature.Trailers =>
        _trailers ??= _contentWasRead ? MessageFields.Read(_exchange.RequestTrailers)
            : !CanHaveBody ? new FieldDictionary(capacity: 0)
            : throw new InvalidOperationException("The trailers are known when the content has been read to its end.");

    /// <summary>The content has been read to its end.</summary>
    public void OnContentRead() => _contentWasRead = true;

    private Stream OpenBody() => CanHaveBody ? new TunnelRequestStream(this, _exchange.OpenContent()) : Stream.Null;
}
