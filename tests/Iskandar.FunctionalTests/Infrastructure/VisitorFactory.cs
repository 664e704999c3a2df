using System.Net;
using System.Net.Sockets;

namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>Makes visitors: HTTP clients that add nothing, follow nothing, keep nothing, and always connect to one port.</summary>
public static class VisitorFactory
{
    public static HttpClient Create(int port)
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
        return new HttpClient(handler) { Timeout = Bounded.Limit };
    }
}
