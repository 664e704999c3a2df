using System.Globalization;

namespace Iskandar.Cli.Configuration;

/// <summary>What <c>iskandar http</c> takes as the app to forward to.</summary>
internal static class OriginTarget
{
    /// <summary>Reads a port, host:port or a URL without path.</summary>
    /// <param name="text">As given.</param>
    /// <param name="problem">What is wrong with it, when the result is null.</param>
    public static Uri? Parse(string text, out string? problem)
    {
        problem = null;
        if (IsPort(text))
        {
            return new Uri(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{text}"));
        }

        if (text.Contains("://", StringComparison.Ordinal))
        {
            if (HttpUrl.Parse(text) is { Port: > 0 } url)
            {
                return url;
            }
        }
        else if (text.LastIndexOf(':') is > 0 and var colon && IsPort(text[(colon + 1)..]) && HttpUrl.Parse("http://" + text) is { } url)
        {
            return url;
        }

        problem = $"Can't forward to \"{text}\": expected a port, host:port, or an http or https URL without a path. Example: iskandar http 3000";
        return null;
    }

    private static bool IsPort(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0;
}
