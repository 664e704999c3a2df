using System.Net;
using System.Net.Sockets;

namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>Makes visitors: HTTP clients that add nothing, follow nothing, keep nothing, and always connect to one port.</summary>
public static class VisitorFactory
{
    /// <summary>Visitors of a port.</summary>
    /// <param name="port">The port.</param>
    /// <param name="version">The version of HTTP that they speak, and no other.</param>
    /// <param name="configure">Changes what else they do.</param>
    public static HttpClient Create(int port, Version? version = null, Action<SocketsHttpHandler>? configure = null)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            MaxConnectionsPerServer = int.MaxValue,
            // The names under test don't resolve everywhere.
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(IPAddress.Loopback, port, token);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == TestCertificate.Subject;
        configure?.Invoke(handler);
        return new HttpClient(handler)
        {
            Timeout = Bounded.Limit,
            DefaultRequestVersion = version ?? HttpVersion.Version11,
            DefaultVersionPolicy = version is null ? HttpVersionPolicy.RequestVersionOrLower : HttpVersionPolicy.RequestVersionExact,
        };
    }
}
