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

    /// <summary>Asks the visitor for the content, who waits to be asked (RFC 9110 section 10.1.1).</summary>
    public void AskForContent() => _response.SendInformational(StatusCodes.Status100Continue, headers: null);

    private Stream OpenBody() =>
        CanHaveBody ? new TunnelRequestStream(this, _exchange.OpenContent(), MessageFields.ExpectContinue(_exchange.Request.Fields)) : Stream.Null;
}
