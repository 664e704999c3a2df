using Iskandar.Protocol.Transports;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Server.Handshake;

/// <summary>Puts a <see cref="BatchingStream"/> under the WebSocket that the framework makes of an upgraded request.</summary>
internal sealed class BatchingUpgrade(IHttpUpgradeFeature inner) : IHttpUpgradeFeature
{
    /// <summary>The stream, once upgraded.</summary>
    public BatchingStream? Stream { get; private set; }

    public bool IsUpgradableRequest => inner.IsUpgradableRequest;

    /// <summary>Middleware: has to come before that of WebSockets.</summary>
    public static Task UseAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is { } upgrade)
        {
            context.Features.Set<IHttpUpgradeFeature>(new BatchingUpgrade(upgrade));
        }

        return next(context);
    }

    // Kestrel reads ahead by itself.
    public async Task<Stream> UpgradeAsync() => Stream = new BatchingStream(await inner.UpgradeAsync(), readAhead: 0);
}
