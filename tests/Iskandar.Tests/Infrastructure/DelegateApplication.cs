using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Tests.Infrastructure;

/// <summary>An application that is one delegate.</summary>
internal sealed class DelegateApplication(RequestDelegate app) : IHttpApplication<HttpContext>
{
    private int _open;

    /// <summary>How many contexts were made and not given back.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>What the last context was given back with.</summary>
    public Exception? Fault { get; private set; }

    public HttpContext CreateContext(IFeatureCollection contextFeatures)
    {
        Interlocked.Increment(ref _open);
        return new DefaultHttpContext(contextFeatures);
    }

    public Task ProcessRequestAsync(HttpContext context) => app(context);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
        Fault = exception;
        Interlocked.Decrement(ref _open);
    }
}
