using System.Net;
using System.Net.Http.Headers;
using Iskandar.Cli.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Iskandar.Cli.Forwarding;

/// <summary>Copies a request to the origin and its response back: nothing added, target and fields as they came, but for Host and what goes with it.</summary>
internal sealed class OriginTransformer(Uri origin, HostField hostField) : HttpTransformer
{
    private const string OwnFields = "Iskandar-";

    private readonly string _prefix = OriginUri.Prefix(origin);

    public override ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        var request = httpContext.Request;
        proxyRequest.RequestUri = OriginUri.Create(_prefix, httpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        foreach (var (name, values) in request.Headers)
        {
            if (!StaysHere(name))
            {
                Add(proxyRequest, name, values);
            }
        }

        if (request.Headers.Upgrade.ToString() is { Length: > 0 } protocol && !IsAddedByForwarder(protocol))
        {
            // There is one only when the visitor asked for an upgrade.
            proxyRequest.Headers.TryAddWithoutValidation("Connection", "Upgrade");
            proxyRequest.Headers.TryAddWithoutValidation("Upgrade", protocol);
        }

        if (!RequestMethod.IsIdempotent(request.Method))
        {
            // .NET's client sends a request without content again when an idle connection turns out to be closed; with content, be it empty, never.
            proxyRequest.ContentOrEmpty();
        }

        if (proxyRequest.Content is not null)
        {
            var content = new PromptStream(request.Body);
            request.Body = content;
            PromptContent.Announce(proxyRequest, content);
        }

        if (request.Headers.Upgrade.Count > 0 && request.Headers.Origin is [{ } page])
        {
            proxyRequest.Headers.Remove("Origin");
            proxyRequest.Headers.TryAddWithoutValidation("Origin", HandshakeOrigin.Choose(page, request.Headers.Host.ToString(), origin, hostField));
        }

        // Null: the authority of the URL.
        proxyRequest.Headers.Host = hostField.Choose(request.Headers.Host.ToString());
        return ValueTask.CompletedTask;
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var copiesContent = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse is null)
        {
            return copiesContent;
        }

        var fields = httpContext.Response.Headers;
        RemoveOwnFields(proxyResponse.Headers, fields);
        if (proxyResponse.Headers.NonValidated.TryGetValues("Connection", out var options))
        {
            // The forwarder dropped the field, but not the fields that it names. The tunnel's server drops both.
            fields.Connection = options.ToString();
        }

        if (proxyResponse.StatusCode != HttpStatusCode.SwitchingProtocols)
        {
            proxyResponse.Content = new EarlyHeadContent(proxyResponse.Content, httpContext.Response);
        }

        return copiesContent;
    }

    public override async ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
    {
        // HTTP/1.1 has trailers only behind chunks.
        if (httpContext.Response.ContentLength is not null)
        {
            return;
        }

        var trailers = httpContext.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
        if (!trailers.IsReadOnly)
        {
            await base.TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken);
            RemoveOwnFields(proxyResponse.TrailingHeaders, trailers);
        }
    }

    /// <summary>
    /// Fields that don't go on to the origin as they are; those of the connection have been dropped before, but for the wish for an upgrade. Host has its
    /// own rule. The gateway has met the expectation of a 100 (Continue) already, and the client would wait a second for an origin that doesn't know it.
    /// </summary>
    private static bool StaysHere(string name) =>
        name.Equals("Host", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Expect", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Connection", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the forwarder itself adds what asks for an upgrade to this protocol.</summary>
    private static bool IsAddedByForwarder(string protocol) =>
        protocol.Equals("websocket", StringComparison.OrdinalIgnoreCase) || protocol.StartsWith("SPDY/", StringComparison.OrdinalIgnoreCase);

    private static void Add(HttpRequestMessage request, string name, IEnumerable<string?> values)
    {
        if (!request.Headers.TryAddWithoutValidation(name, values))
        {
            // .NET's client keeps fields about content with the content, and so wants one.
            request.ContentOrEmpty().Headers.TryAddWithoutValidation(name, values);
        }
    }

    private static void RemoveOwnFields(HttpResponseHeaders copied, IHeaderDictionary fields)
    {
        foreach (var (name, _) in copied.NonValidated)
        {
            // Only Iskandar speaks under this name.
            if (name.StartsWith(OwnFields, StringComparison.OrdinalIgnoreCase))
            {
                fields.Remove(name);
            }
        }
    }
}
