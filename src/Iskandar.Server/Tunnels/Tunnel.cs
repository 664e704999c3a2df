using Iskandar.Protocol.Connections;

namespace Iskandar.Server.Tunnels;

/// <summary>One name and the connection that serves it.</summary>
/// <param name="name">The name, a DNS label in lower case.</param>
internal sealed class Tunnel(string name)
{
    private volatile IGatewayConnection? _connection;

    public string Name => name;

    /// <summary>The connection; null while the opening handshake is still under way.</summary>
    public IGatewayConnection? Connection => _connection;

    public void Attach(IGatewayConnection connection) => _connection = connection;
}
