using System.Net;
using System.Net.Sockets;

namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>
/// Loopback ports that nobody listens on. They lie below the range the system takes ports for outgoing connections from, so
/// that a port stays free while a process that is to listen on it starts, or starts again.
/// </summary>
public static class Ports
{
    private const int First = 15000;
    private const int Count = 15000;
    private static int _next = Random.Shared.Next(Count);

    public static int Free()
    {
        for (var attempt = 0; attempt < Count; attempt++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _next) % Count);
            if (IsFree(port))
            {
                return port;
            }
        }

        throw new InvalidOperationException("No free port.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
