using Microsoft.AspNetCore.Http;

namespace Iskandar.Cli.Forwarding;

/// <summary>
/// A feature of requests in HTTP/2, where a response may end before its request: then it is complete, and whatever the visitor would still send has no reader.
/// The forwarder would wait for the request's end all the same, and the visitor perhaps for the response's.
/// </summary>
/// <param name="request">Ends the request's content.</param>
internal sealed class ResponseEnd(CancellationTokenSource request)
{
    /// <summary>Whether the response has ended, as it should.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Ends the response.</summary>
    public async ValueTask CompleteAsync(HttpResponse response)
    {
        await response.CompleteAsync();
        IsComplete = true;
        await request.CancelAsync();
    }
}
