namespace Iskandar.Protocol.Connections;

/// <summary>Why an exchange failed. Expected outcomes are values; each has a stable code and a status, see <see cref="ExchangeErrors"/>.</summary>
public enum ExchangeError
{
    /// <summary>It didn't fail.</summary>
    None,

    /// <summary>A target or field that HTTP doesn't allow.</summary>
    RequestInvalid,

    /// <summary>Request fields over the limit.</summary>
    RequestHeadTooLarge,

    /// <summary>Request content over the limit.</summary>
    ContentTooLarge,

    /// <summary>The tunnel's encoding can't carry an upgraded connection.</summary>
    UpgradeUnsupported,

    /// <summary>The request method can't be forwarded.</summary>
    MethodUnsupported,

    /// <summary>Nothing answers at the origin.</summary>
    OriginUnreachable,

    /// <summary>The origin broke off.</summary>
    OriginFailed,

    /// <summary>The origin sent what is not HTTP.</summary>
    OriginInvalid,

    /// <summary>The origin took too long.</summary>
    OriginTimeout,

    /// <summary>The client sent a response that can't be used.</summary>
    ResponseInvalid,

    /// <summary>Response fields over the limit.</summary>
    ResponseHeadTooLarge,

    /// <summary>There was no room for the response while a slow visitor took it.</summary>
    ResponseOverflow,

    /// <summary>No response head within the limit, or no content for too long.</summary>
    ResponseTimeout,

    /// <summary>The connection to the client broke.</summary>
    TunnelLost,

    /// <summary>As many exchanges in flight as allowed.</summary>
    TunnelBusy,

    /// <summary>The client is stopping.</summary>
    TunnelClosing,

    /// <summary>The server's memory for buffered content is used up.</summary>
    ServerBusy,

    /// <summary>The server is stopping.</summary>
    ServerStopping,

    /// <summary>The server holds as many tunnels as it may.</summary>
    ServerFull,

    /// <summary>No tunnel has this name.</summary>
    TunnelNotFound,

    /// <summary>The connection to the client is lost, and nothing of the request had left for it.</summary>
    TunnelOffline,

    /// <summary>There is no link that this client could resume.</summary>
    LinkGone,

    /// <summary>The name isn't this client's.</summary>
    NameRefused,

    /// <summary>The host is neither the server's own nor directly under its domain.</summary>
    HostNotServed,

    /// <summary>An opening handshake from a page of another site.</summary>
    OriginNotAllowed,

    /// <summary>Not a WebSocket opening handshake.</summary>
    UpgradeRequired,

    /// <summary>The visitor left. Never shown to anybody.</summary>
    Cancelled,
}
