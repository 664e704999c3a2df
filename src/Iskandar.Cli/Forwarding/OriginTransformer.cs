using System.Net;
using System.Net.Http.Headers;
using Iskandar.Cli.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Iskandar.Cli.Forwarding;

/// <summary>Copies a request to the origin and its response back: nothing added, target and fields as they came, but for Host and what goes with it.</summary>
internal sealed class OriginTransformer(OriginSettings settings) : HttpTransformer
{
    private const string OwnFields = "Iskandar-";

    private readonly string _prefix = OriginUri.Prefix(settings.Origin);
    private readonly PublicLocation? _location = PublicLocation.For(settings);

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

        if (WelcomesTrailers(request, proxyRequest))
        {
            // A field of the connection (RFC 9110 section 10.1.4). Over HTTP/2 the client leaves the other one out.
            proxyRequest.Headers.TryAddWithoutValidation("TE", "trailers");
            proxyRequest.Headers.TryAddWithoutValidation("Connection", "TE");
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
            proxyRequest.Headers.TryAddWithoutValidation("Origin", HandshakeOrigin.Choose(page, request.Headers.Host.ToString(), settings.Origin, settings.HostField));
        }

        // Null: the authority of the URL.
        proxyRequest.Headers.Host = settings.HostField.Choose(request.Headers.Host.ToString());
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
        _location?.Apply(httpContext);
        if (proxyResponse.Headers.NonValidated.TryGetValues("Connection", out var options))
        {
            // The forwarder dropped the field, but not the fields that it names. The tunnel's server drops both.
            fields.Connection = options.ToString();
        }

        if (proxyResponse.Version.Major >= 2)
        {
            // They may follow content of any kind in HTTP/2. Having been asked for, they are waited for, so that the response doesn't end with the last byte that was declared.
            _ = httpContext.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
        }

        if (proxyResponse.StatusCode != HttpStatusCode.SwitchingProtocols)
        {
            proxyResponse.Content = new EarlyHeadContent(proxyResponse.Content, httpContext.Response);
        }

        return copiesContent;
    }

    public override async ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
    {
        var isHttp2 = proxyResponse.Version.Major >= 2;

        // HTTP/1.1 has trailers only behind chunks.
        if (isHttp2 || httpContext.Response.ContentLength is null)
        {
            var trailers = httpContext.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
            if (!trailers.IsReadOnly)
            {
                await base.TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken);
                RemoveOwnFields(proxyResponse.TrailingHeaders, trailers);
            }
        }

        if (isHttp2)
        {
            await httpContext.Features.GetRequiredFeature<ResponseEnd>().CompleteAsync(httpContext.Response);
        }
    }

    /// <summary>
    /// Fields that don't go on to the origin as they are; those of the connection have been dropped before, but for the wish for an upgrade. Host
    /// and TE have rules of their own.
    /// </summary>
    private static bool StaysHere(string name) =>
        name.Equals("Host", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Connection", StringComparison.OrdinalIgnoreCase)
        || name.Equals("TE", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the visitor takes trailers: it says so, or it speaks gRPC, which is nothing without.</summary>
    private static bool WelcomesTrailers(HttpRequest request, HttpRequestMessage proxyRequest) =>
        request.Headers.Upgrade.Count == 0
        && (request.Headers.TE is ["trailers"]
            || (proxyRequest is { Version.Major: >= 2, VersionPolicy: HttpVersionPolicy.RequestVersionExact } && GrpcContent.IsType(request.ContentType)));

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
