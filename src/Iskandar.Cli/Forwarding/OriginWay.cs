using System.Net;
using Iskandar.Cli.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Iskandar.Cli.Forwarding;

/// <summary>Chooses the way of a request to the origin.</summary>
internal static class OriginWay
{
    /// <summary>HTTP/1.1 by the library.</summary>
    public static ForwarderRequestConfig Http1 { get; } = Config(HttpVersion.Version11, HttpVersionPolicy.RequestVersionExact);

    /// <summary>HTTP/2: with prior knowledge in clear, by ALPN with TLS.</summary>
    public static ForwarderRequestConfig Http2 { get; } = Config(HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);

    /// <summary>What the origin chooses by ALPN.</summary>
    public static ForwarderRequestConfig Negotiated { get; } = Config(HttpVersion.Version20, HttpVersionPolicy.RequestVersionOrLower);

    /// <summary>The way of a request.</summary>
    /// <returns>By the library, like this; null: in HTTP/1.1, without it.</returns>
    public static ForwarderRequestConfig? Choose(HttpContext context, bool hasTls, UpstreamProtocol protocol)
    {
        var way = protocol switch
        {
            UpstreamProtocol.Http2 => Http2,
            UpstreamProtocol.Auto when GrpcContent.IsType(context.Request.ContentType) => Http2,
            UpstreamProtocol.Auto when hasTls => Negotiated,
            _ => hasTls ? Http1 : null,
        };

        // Connections that become something else than HTTP are HTTP/1.1's.
        return way is not null && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } ? (hasTls ? Http1 : null) : way;
    }

    // How long a response may take is the server's rule; the visitor's leaving ends it here.
    private static ForwarderRequestConfig Config(Version version, HttpVersionPolicy policy) =>
        new() { ActivityTimeout = TimeSpan.FromDays(20), Version = version, VersionPolicy = policy };
}
