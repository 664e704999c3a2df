using System.Net;
using Iskandar.Cli.Configuration;
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

    public OriginForwarder(
        IHttpForwarder forwarder, Uri origin, HostField hostField, Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? connect = null)
    {
        _forwarder = forwarder;
        _client = new OriginClient(origin, connect);
        _transformer = new OriginTransformer(origin, hostField);
        _prefix = OriginUri.Prefix(origin);
    }

    public async Task InvokeAsync(HttpContext context)
    {
        var error = await _forwarder.SendAsync(context, _prefix, _client, RequestConfig, _transformer, context.RequestAborted);
        if (error == ForwarderError.None)
        {
            return;
        }

        var failure = ForwardingFailure.From(error, context.GetForwarderErrorFeature()?.Exception);
        context.Features.Set(failure);
        if (failure.Kind is { } kind)
        {
            context.Features.GetRequiredFeature<ITunnelExchangeFeature>().Fail(kind);
        }
    }

    public void Dispose() => _client.Dispose();
}
