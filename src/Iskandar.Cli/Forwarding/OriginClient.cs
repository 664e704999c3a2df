using System.Net;
using System.Net.Security;
using System.Text;

namespace Iskandar.Cli.Forwarding;

/// <summary>The HTTP client that calls the origin and changes nothing on the way.</summary>
/// <param name="verifiesCertificate">Whether the origin's certificate has to be good.</param>
/// <param name="connect">Makes its connections; null: by network.</param>
internal sealed class OriginClient(bool verifiesCertificate, Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? connect = null)
    : HttpMessageInvoker(CreateHandler(verifiesCertificate, connect))
{
    // As much as the tunnel takes of an exchange at first. It grows, as the tunnel's does.
    private const int FirstWindow = 256 * 1024;

    public override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        PromptContent.Attach(request);
        EmptyContent.Attach(request);
        return base.SendAsync(request, cancellationToken);
    }

    private static SocketsHttpHandler CreateHandler(
        bool verifiesCertificate, Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? connect)
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
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = FirstWindow,
            PlaintextStreamFilter = static (context, _) => ValueTask.FromResult<Stream>(new OriginConnectionStream(context.PlaintextStream)),
        };
        // A dev server's certificate is self-made, and nobody stands between us and this machine: the settings allow not to verify for loopback origins only.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, chain, errors) =>
            !verifiesCertificate || errors == SslPolicyErrors.None ? true : throw new BadCertificateException(errors, chain);
        return handler;
    }
}
