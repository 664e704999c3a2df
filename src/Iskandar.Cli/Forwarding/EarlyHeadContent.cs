using System.Net;
using Microsoft.AspNetCore.Http;

namespace Iskandar.Cli.Forwarding;

/// <summary>
/// The origin's response content. The forwarder sends the head together with the first bytes, which is right for small responses; but an
/// origin that has only the head ready, as event streams do, must not keep the visitor waiting for it. So when the first read
/// finds nothing there yet, the head goes ahead.
/// </summary>
internal sealed class EarlyHeadContent(HttpContent content, HttpResponse response) : HttpContent
{
    protected override async Task<Stream> CreateContentReadStreamAsync() =>
        new EarlyHeadStream(await content.ReadAsStreamAsync(), response);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        new EarlyHeadStream(await content.ReadAsStreamAsync(cancellationToken), response);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => content.CopyToAsync(stream, context);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            content.Dispose();
        }

        base.Dispose(disposing);
    }
}
