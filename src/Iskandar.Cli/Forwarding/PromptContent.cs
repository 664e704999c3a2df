using System.Net;

namespace Iskandar.Cli.Forwarding;

/// <summary>
/// The request's content on its way to the origin. .NET's client gathers what is written until its buffer is full; but an origin must get what the visitor has sent, and the
/// request's head, before the visitor sends more. So whenever the next read would have to wait, what was gathered goes out.
/// </summary>
internal sealed class PromptContent : HttpContent
{
    private static readonly HttpRequestOptionsKey<PromptStream> Key = new("Iskandar.PromptStream");

    private readonly HttpContent _content;
    private readonly PromptStream _source;

    private PromptContent(HttpContent content, PromptStream source)
    {
        _content = content;
        _source = source;
        foreach (var (name, values) in content.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    /// <summary>Says where the request's content comes from. The forwarder doesn't allow another content beside its own, so it takes effect in <see cref="Attach"/>.</summary>
    public static void Announce(HttpRequestMessage request, PromptStream source) => request.Options.Set(Key, source);

    /// <summary>Puts it around the request's content, if it was announced.</summary>
    public static void Attach(HttpRequestMessage request)
    {
        if (request.Content is { } content && request.Options.TryGetValue(Key, out var source))
        {
            request.Content = new PromptContent(content, source);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _source.Target = stream;
        await _content.CopyToAsync(stream, context, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _content.Dispose();
        }

        base.Dispose(disposing);
    }
}
