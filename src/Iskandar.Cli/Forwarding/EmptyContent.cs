namespace Iskandar.Cli.Forwarding;

/// <summary>
/// Content of no bytes, for a request that has none but needs one in .NET's client: to hold fields about content, or never to be sent twice. The
/// forwarder doesn't allow content beside the visitor's own, so it waits among the request's options until the forwarder has looked.
/// </summary>
internal static class EmptyContent
{
    private static readonly HttpRequestOptionsKey<HttpContent> Key = new("Iskandar.EmptyContent");

    /// <summary>The request's content, or the empty one that it will get.</summary>
    public static HttpContent ContentOrEmpty(this HttpRequestMessage request)
    {
        if (request.Content is { } content || request.Options.TryGetValue(Key, out content))
        {
            return content;
        }

        content = new ByteArrayContent([]);
        request.Options.Set(Key, content);
        return content;
    }

    /// <summary>Gives the request the empty content, if it was asked for.</summary>
    public static void Attach(HttpRequestMessage request)
    {
        if (request.Content is null && request.Options.TryGetValue(Key, out var content))
        {
            request.Content = content;
        }
    }
}
