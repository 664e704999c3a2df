using System.Net;
using Iskandar.Cli.Configuration;
using Iskandar.Cli.Forwarding.Http1;
using Iskandar.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Iskandar.Cli.Forwarding;

/// <summary>The end of the pipeline: every request goes to the one origin the command was started for.</summary>
internal sealed class OriginForwarder : IDisposable
{
    // How long a response may take is the server's rule; the visitor's leaving ends it here.
    private static readonly ForwarderRequestConfig RequestConfig = new()
    {
        ActivityTimeout = TimeSpan.FromDays(20),
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private readonly IHttpForwarder _forwarder;
    private readonly OriginClient _client;
    private readonly OriginTransformer _transformer;
    private readonly string _prefix;
    private readonly Http1Forwarder? _http1;

    public OriginForwarder(
        IHttpForwarder forwarder, Uri origin, HostField hostField, TimeProvider time, Func<CancellationToken, ValueTask<Stream>>? connect = null)
    {
        _forwarder = forwarder;
        _client = new OriginClient(origin, connect is null ? null : (_, cancellationToken) => connect(cancellationToken));
        _transformer = new OriginTransformer(origin, hostField);
        _prefix = OriginUri.Prefix(origin);
        _http1 = origin.Scheme == Uri.UriSchemeHttp ? new Http1Forwarder(origin, hostField, time, connect) : null;
    }

    public async Task InvokeAsync(HttpContext context)
    {
        // The usual way is short. TLS, and connections that become something else than HTTP, are the library's.
        var failure = _http1 is not null && context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true }
            ? await _http1.ForwardAsync(context)
            : await ForwardByLibraryAsync(context);
        if (failure is null)
        {
            return;
        }

        context.Features.Set(failure);
        if (failure.Kind is { } kind)
        {
            context.Features.GetRequiredFeature<ITunnelExchangeFeature>().Fail(kind);
        }
        else
        {
            // If there is a visitor after all, what was cut off must not look whole.
            context.Abort();
        }
    }

    public void Dispose()
    {
        _http1?.Dispose();
        _client.Dispose();
    }

    private async Task<ForwardingFailure?> ForwardByLibraryAsync(HttpContext context)
    {
        var error = await _forwarder.SendAsync(context, _prefix, _client, RequestConfig, _transformer, context.RequestAborted);
        return error == ForwarderError.None ? null : ForwardingFailure.From(error, context.GetForwarderErrorFeature()?.Exception);
    }
}
