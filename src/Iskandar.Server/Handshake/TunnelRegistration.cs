using System.Globalization;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;

namespace Iskandar.Server.Handshake;

/// <summary>Makes what a client is told first. Only what has a meaning in its encoding is said.</summary>
internal static class TunnelRegistration
{
    /// <param name="name">The tunnel's name.</param>
    /// <param name="server">The server's public URL.</param>
    /// <param name="limits">The limits of the connection.</param>
    /// <param name="subprotocol">The subprotocol that was negotiated; null for JSON.</param>
    public static Registration Create(string name, Uri server, GatewayConnectionOptions limits, string? subprotocol)
    {
        var isBinary = subprotocol == TunnelConnection.BinarySubprotocol;
        var port = server.IsDefaultPort ? "" : string.Create(CultureInfo.InvariantCulture, $":{server.Port}");
        return new Registration
        {
            Subdomain = name,
            Url = $"{server.Scheme}://{name}.{server.IdnHost}{port}",
            MaxMessage = isBinary ? null : limits.MaxMessage,
            Window = !isBinary && limits.Accepted.HasFlag(OptionalMessages.Credit) ? limits.Window : null,
            MaxFields = isBinary ? limits.MaxFields : null,
        };
    }
}
