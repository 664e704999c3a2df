using System.Net.Http.Headers;

namespace Iskandar.Client.Connecting;

/// <summary>The field <c>Retry-After</c> (RFC 9110 section 10.2.3): seconds, or a date.</summary>
internal static class RetryAfter
{
    // Nobody means more. A date that far away says that one of the two clocks is wrong.
    private static readonly TimeSpan Most = TimeSpan.FromDays(31);

    /// <summary>How long to wait from now; zero for what has passed, null for what can't be used.</summary>
    /// <param name="text">The field's value, or null.</param>
    /// <param name="time">The clock that dates are compared with.</param>
    public static TimeSpan? Parse(string? text, TimeProvider time)
    {
        if (!RetryConditionHeaderValue.TryParse(text, out var value))
        {
            return IsNegative(text.AsSpan().Trim()) ? TimeSpan.Zero : null;
        }

        var wait = value.Delta ?? (value.Date!.Value - time.GetUtcNow());
        return wait > Most ? null : wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private static bool IsNegative(ReadOnlySpan<char> text) => text.Length > 1 && text[0] == '-' && !text[1..].ContainsAnyExceptInRange('0', '9');
}
