using System.Net.Sockets;

namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>A connection to the origin by network.</summary>
internal sealed class OriginSocketStream(Socket socket) : NetworkStream(socket, ownsSocket: true), ITwoWayStream
{
    public void EndSending()
    {
        try
        {
            Socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException broken)
        {
            throw new IOException(broken.Message, broken);
        }
    }

    // Without time to send what is left, the system resets the connection.
    public void Reset() => Socket.Close(0);
}
