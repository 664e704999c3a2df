using System.Globalization;
using System.Net;
using Iskandar.Protocol.Messages;
using Iskandar.Server.Tunnels;
using Microsoft.Extensions.Options;

namespace Iskandar.Server.Configuration;

/// <summary>Checks every option and reports all that is wrong at once.</summary>
public sealed class IskandarServerOptionsValidator : IValidateOptions<IskandarServerOptions>
{
    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, IskandarServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var failures = new List<string>();
        CheckPublicUrl(failures, options.PublicUrl);
        CheckNumber(failures, "max-tunnels", options.MaxTunnels, 1, 1_000_000);
        CheckNumber(failures, "max-exchanges", options.MaxExchanges, 1, 100_000);
        CheckNumber(failures, "max-request-content", options.MaxRequestContent, 0, 32L << 20);
        CheckNumber(failures, "max-message", options.MaxMessage, 64 * 1024, 1L << 30);
        CheckNumber(failures, "max-fields", options.MaxFields, 1024, 96 * 1024);
        CheckNumber(failures, "max-buffered-responses", options.MaxBufferedResponses, 1L << 20, 16L << 30);
        CheckNumber(failures, "max-buffered", options.MaxBuffered, 16L << 20, 1L << 40);
        CheckTime(failures, "head-timeout", options.HeadTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        if (options.IdleTimeout is { } idle)
        {
            CheckTime(failures, "idle-timeout", idle, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        }

        CheckTime(failures, "link-timeout", options.LinkTimeout, TimeSpan.Zero, TimeSpan.FromHours(1));
        CheckTime(failures, "ping-interval", options.PingInterval, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        CheckTime(failures, "ping-timeout", options.PingTimeout, options.PingInterval + TimeSpan.FromSeconds(1), TimeSpan.FromHours(2));
        if (options.MissingTunnelStatus is not (404 or 421 or 503))
        {
            failures.Add($"missing-tunnel-status: expected 404, 421 or 503, got {options.MissingTunnelStatus}.");
        }

        CheckTime(failures, "drain-timeout", options.DrainTimeout, TimeSpan.Zero, TimeSpan.FromHours(1));
        if (options.MinUploadRate is { } rate)
        {
            CheckNumber(failures, "min-upload-rate", rate, 1, 1L << 30);
        }

        if (options.Via is { } via && !HttpSyntax.IsToken(via))
        {
            failures.Add($"via: expected a token such as iskandar, got \"{via}\".");
        }

        foreach (var proxy in options.TrustedProxies)
        {
            if (!IPAddress.TryParse(proxy, out _) && !IPNetwork.TryParse(proxy, out _))
            {
                failures.Add($"trusted-proxies: expected IP addresses or networks such as 10.0.0.0/8, got \"{proxy}\".");
            }
        }

        foreach (var protocol in options.Upgrades)
        {
            CheckUpgrade(failures, protocol);
        }

        if (options.NameSecret is { Length: < NameKeys.LeastSecret and var length })
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"name-secret: expected at least {NameKeys.LeastSecret} bytes, got {length}."));
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void CheckPublicUrl(List<string> failures, Uri url)
    {
        if (!url.IsAbsoluteUri || url.Scheme is not ("http" or "https"))
        {
            failures.Add($"public-url: expected an http or https URL such as https://tunnel.example.com, got \"{url.OriginalString}\".");
        }
        else if (url.HostNameType != UriHostNameType.Dns)
        {
            failures.Add($"public-url: expected a host name, since tunnels are names under it, got the address \"{url.Host}\".");
        }
        else if (url.PathAndQuery != "/" || url.UserInfo.Length > 0 || url.Fragment.Length > 0)
        {
            failures.Add($"public-url: expected no path, query, fragment or credentials, got \"{url.OriginalString}\".");
        }
    }

    // RFC 9110 section 7.8: a name, and maybe a version.
    private static void CheckUpgrade(List<string> failures, string protocol)
    {
        var parts = protocol.Split('/');
        if (parts.Length > 2 || !parts.All(static part => HttpSyntax.IsToken(part)))
        {
            failures.Add($"upgrades: expected names of protocols such as websocket, got \"{protocol}\".");
        }
        else if (parts[0].ToUpperInvariant() is "HTTP" or "H2C" or "H2" or "H3")
        {
            failures.Add($"upgrades: {protocol} can't cross a tunnel, since the requests in it would pass the server unseen.");
        }
    }

    private static void CheckNumber(List<string> failures, string option, long value, long least, long most)
    {
        if (value < least || value > most)
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{option}: expected {least:N0} to {most:N0}, got {value:N0}."));
        }
    }

    private static void CheckTime(List<string> failures, string option, TimeSpan value, TimeSpan least, TimeSpan most)
    {
        if (value < least || value > most)
        {
            failures.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{option}: expected {least.TotalSeconds:N0} s to {most.TotalSeconds:N0} s, got {value.TotalSeconds:0.###} s."));
        }
    }
}
