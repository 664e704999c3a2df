using Iskandar.Cli.Rendering;
using Iskandar.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Cli.Forwarding;

/// <summary>Tells the view of each request, and the user of an origin that stops answering.</summary>
internal sealed class RequestLog(RequestDelegate next, ITunnelView view, Uri origin, TimeProvider timeProvider)
{
    private string? _advice;

    public async Task InvokeAsync(HttpContext context)
    {
        var started = timeProvider.GetTimestamp();
        view.RequestStarted();
        var completed = false;
        try
        {
            await next(context);
            completed = true;
        }
        finally
        {
            Finish(context, completed, timeProvider.GetElapsedTime(started));
        }
    }

    private void Finish(HttpContext context, bool completed, TimeSpan duration)
    {
        var failure = context.Features.Get<ForwardingFailure>();
        var answered = context.Response.HasStarted || (completed && failure is null);
        var status = answered ? context.Response.StatusCode : failure?.Status;
        var broken = status is null || (answered && (failure is not null || !completed));
        view.RequestFinished(new RequestEntry(
            context.Request.Method,
            context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            status,
            broken,
            duration,
            Left: broken && failure?.Kind is null && context.RequestAborted.IsCancellationRequested));
        NoteAdvice(failure);
    }

    private void NoteAdvice(ForwardingFailure? failure)
    {
        // Said once, not for every request of a page.
        var advice = failure?.Advice;
        if (advice is not null && advice != _advice)
        {
            var what = failure!.Kind == OriginFailure.Unreachable ? "Can't reach" : "Can't talk to";
            view.Notice($"{what} {OriginUri.Prefix(origin)}: {failure.Reason.TrimEnd('.')}. {advice}");
        }

        _advice = advice;
    }
}
