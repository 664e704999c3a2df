using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>What a request wants its connection to become (RFC 9110 section 7.8).</summary>
internal static class RequestedProtocol
{
    /// <summary>What the request's <c>Upgrade</c> says; null: it stays HTTP. One with content does, too.</summary>
    public static string? Of(HttpContext context, RequestFraming framing) =>
        !framing.HasContent && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } && context.Request.Headers.Upgrade.ToString() is { Length: > 0 } protocol
            ? protocol
            : null;

    /// <summary>Whether a 101 changes to nothing but what was asked for.</summary>
    /// <param name="asked">What the request's <c>Upgrade</c> says.</param>
    /// <param name="answered">What the response's says.</param>
    public static bool IsAgreed(string asked, string answered)
    {
        foreach (var one in answered.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!FieldSyntax.Lists(asked, one))
            {
                return false;
            }
        }

        return answered.Length > 0;
    }
}
