using Iskandar.Protocol.Connections;
using Iskandar.Server.Configuration;

namespace Iskandar.Server.ErrorPages;

/// <summary>
/// The status of a refusal after which a proxy may ask another server: this one doesn't have the tunnel, or not any more, and the app hasn't seen the request.
/// </summary>
internal sealed class ElsewhereStatus(IskandarServerOptions options)
{
    // The default is that of a server on its own, which has nobody to pass a request on to.
    private readonly int? _status = options.MissingTunnelStatus == ExchangeError.TunnelNotFound.ToStatus() ? null : options.MissingTunnelStatus;

    /// <summary>The status; null: the error's own.</summary>
    public int? Of(ExchangeError error) =>
        error is ExchangeError.TunnelNotFound or ExchangeError.TunnelClosing or ExchangeError.TunnelOffline or ExchangeError.ServerStopping ? _status : null;
}
