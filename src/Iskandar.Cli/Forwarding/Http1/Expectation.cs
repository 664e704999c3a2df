using Microsoft.AspNetCore.Http;

namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>
/// A visitor waits to hear whether its content is wanted (<c>Expect: 100-continue</c>, RFC 9110 section 10.1.1). The origin says so, or gives its answer without the content. One that
/// says neither for a second is taken not to know the expectation, as most clients do.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class Expectation(TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<bool> _isWanted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether it isn't known yet.</summary>
    public bool IsOpen => !_isWanted.Task.IsCompleted;

    /// <summary>That of a request; null: it has none.</summary>
    public static Expectation? Of(HttpContext context, RequestFraming framing, TimeProvider time) =>
        framing.HasContent && context.Request.Headers.Expect.ToString().Equals("100-continue", StringComparison.OrdinalIgnoreCase) ? new Expectation(time) : null;

    /// <summary>The origin has answered.</summary>
    /// <param name="status">With an error, it doesn't want the content.</param>
    public void Answered(int status) => _isWanted.TrySetResult(status < StatusCodes.Status400BadRequest);

    /// <summary>Waits for the answer.</summary>
    /// <returns>Whether the content is wanted.</returns>
    public async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _isWanted.Task.WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            _isWanted.TrySetResult(true);
            return await _isWanted.Task;
        }
    }
}
