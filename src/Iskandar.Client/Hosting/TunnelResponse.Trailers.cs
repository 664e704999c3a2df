using Iskandar.Protocol.Messages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Iskandar.Client.Hosting;

/// <summary>
/// The trailers of a response. They may be set until it ends: when the application has returned, or with the last byte that <c>Content-Length</c> declares,
/// unless the <c>Trailer</c> field announces them, or the application has already asked for their section.
/// </summary>
internal sealed partial class TunnelResponse : IHttpResponseTrailersFeature
{
    private static readonly HeaderDictionary TooLate = new() { IsReadOnly = true };

    private IHeaderDictionary? _trailers;
    private bool _announcesTrailers;

    public IHeaderDictionary Trailers
    {
        get => _trailers ??= _ended ? TooLate : new FieldDictionary(capacity: 4);
        set => _trailers = value;
    }

    private bool MayHaveTrailers => _announcesTrailers || _trailers is not null;

    private FieldSection? ToTrailers()
    {
        if (_trailers is not { Count: > 0 } || _upgraded || !HasContent)
        {
            return null;
        }

        var trailers = new FieldSection();
        MessageFields.Write(_trailers, trailers, isUpgrade: false);
        trailers.Remove(HeaderNames.ContentLength);
        return trailers.Count > 0 ? trailers : null;
    }
}
