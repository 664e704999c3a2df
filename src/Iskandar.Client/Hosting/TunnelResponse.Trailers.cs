using Iskandar.Protocol.Messages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Client.Hosting;

/// <summary>
/// The trailers of a response. They may be set until it ends: when the application has returned, or with the last byte that <c>Content-Length</c> declares,
/// unless the <c>Trailer</c> field announces them.
/// </summary>
internal sealed partial class TunnelResponse : IHttpResponseTrailersFeature
{
    private static readonly HeaderDictionary TooLate = new() { IsReadOnly = true };

    private IHeaderDictionary? _trailers;
    private bool _announcesTrailers;

    public IHeaderDictionary Trailers
    {
        get => _trailers ??= _ended ? TooLate : new HeaderDictionary();
        set => _trailers = value;
    }

    private FieldSection? ToTrailers()
    {
        if (_trailers is not { Count: > 0 } || _upgraded || !HasContent)
        {
            return null;
        }

        var trailers = new FieldSection();
        foreach (var (name, values) in _trailers)
        {
            if (ConnectionFields.Contains(name) || name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            foreach (var value in values)
            {
                trailers.Add(name, value ?? "");
            }
        }

        return trailers.Count > 0 ? trailers : null;
    }
}
