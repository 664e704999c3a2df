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
    private readonly IHttpForwarder _forwarder;
    private readonly OriginClient _client;
    private readonly OriginTransformer _transformer;
    private readonly string _prefix;
    private readonly UpstreamProtocol _protocol;
    private readonly Http1Forwarder? _http1;
    private volatile bool _hasSpokenHttp2;

    public OriginForwarder(IHttpForwarder forwarder, OriginSettings settings, TimeProvider time, Func<CancellationToken, ValueTask<Stream>>? connect = null)
    {
        var origin = settings.Origin;
        _forwarder = forwarder;
        _client = new OriginClient(settings.VerifiesCertificate, connect is null ? null : (_, cancellationToken) => connect(cancellationToken));
        _transformer = new OriginTransformer(settings);
        _prefix = OriginUri.Prefix(origin);
        _protocol = settings.Protocol;
        _http1 = origin.Scheme == Uri.UriSchemeHttp ? new Http1Forwarder(settings, time, connect) : null;
    }

    public async Task InvokeAsync(HttpContext context)
    {
        // The usual way is short. TLS and HTTP/2 are the library's.
        var failure = OriginWay.Choose(context, hasTls: _http1 is null, _protocol) is { } config
            ? await ForwardByLibraryAsync(context, config)
            : await _http1!.ForwardAsync(context);
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

    private async Task<ForwardingFailure?> ForwardByLibraryAsync(HttpContext context, ForwarderRequestConfig config)
    {
        using var request = new CancellationTokenSource();
        var end = new ResponseEnd(request);
        context.Features.Set(end);
        var error = await _forwarder.SendAsync(context, _prefix, _client, config, _transformer, request.Token);
        _hasSpokenHttp2 |= end.IsComplete;
        if (error == ForwarderError.None || end.IsComplete)
        {
            return null;
        }

        return ForwardingFailure.From(error, context.GetForwarderErrorFeature()?.Exception, config == OriginWay.Http2 && !_hasSpokenHttp2);
    }
}
