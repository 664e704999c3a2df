using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Client.Hosting;

/// <summary>A request that asks for an upgraded connection, such as a WebSocket (RFC 9110 section 7.8).</summary>
internal sealed partial class TunnelRequest : IHttpUpgradeFeature
{
    public bool IsUpgradableRequest { get; }

    public async Task<Stream> UpgradeAsync()
    {
        if (!IsUpgradableRequest)
        {
            throw new InvalidOperationException("The visitor didn't ask for an upgraded connection.");
        }

        await _response.UpgradeAsync().ConfigureAwait(false);
        return new UpgradedStream(_exchange.OpenContent(), _response.Stream);
    }
}
