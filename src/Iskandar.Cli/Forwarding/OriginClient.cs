using System.Net;
using System.Text;

namespace Iskandar.Cli.Forwarding;

/// <summary>The HTTP client that calls the origin and changes nothing on the way.</summary>
/// <param name="origin">What it calls.</param>
/// <param name="connect">Makes its connections; null: by network.</param>
internal sealed class OriginClient(Uri origin, Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? connect = null)
    : HttpMessageInvoker(CreateHandler(origin, connect))
{
    public override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        PromptContent.Attach(request);
        EmptyContent.Attach(request);
        return base.SendAsync(request, cancellationToken);
    }

    private static SocketsHttpHandler CreateHandler(Uri origin, Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? connect)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            ConnectCallback = connect,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            MaxResponseHeadersLength = 64,
            PlaintextStreamFilter = static (context, _) => ValueTask.FromResult<Stream>(new OriginConnectionStream(context.PlaintextStream)),
        };
        if (origin.IsLoopback)
        {
            // A dev server's certificate is self-made, and nobody stands between us and this machine.
#pragma warning disable CA5359 // For loopback origins only, for that reason.
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        return handler;
    }
}
