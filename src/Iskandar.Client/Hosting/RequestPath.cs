namespace Iskandar.Client.Hosting;

/// <summary>The path of a request target as ASP.NET Core wants it: without query, dot segments removed, percent-decoded but for "%2F".</summary>
internal static class RequestPath
{
    /// <summary>The decoded path.</summary>
    /// <param name="target">The request target in origin form, or "*".</param>
    public static string Decode(string target)
    {
        var end = target.IndexOf('?', StringComparison.Ordinal);
        var path = end < 0 ? target : target[..end];
        if (path == "*")
        {
            return "";
        }

        if (path.Contains('%', StringComparison.Ordinal))
        {
            // An encoded slash is data, not a separator: decoding it would make another path (RFC 3986 section 2.2).
            path = Uri.UnescapeDataString(path.Replace("%2F", "%252F", StringComparison.OrdinalIgnoreCase));
        }

        return path.Contains("/.", StringComparison.Ordinal) ? RemoveDotSegments(path) : path;
    }

    // RFC 3986 section 5.2.4, on whole segments.
    private static string RemoveDotSegments(string path)
    {
        var kept = new List<string>();
        var segments = path.Split('/');
        for (var i = 1; i < segments.Length; i++)
        {
            var isLast = i == segments.Length - 1;
            if (segments[i] is not ("." or ".."))
            {
                kept.Add(segments[i]);
                continue;
            }

            if (segments[i] == ".." && kept.Count > 0)
            {
                kept.RemoveAt(kept.Count - 1);
            }

            if (isLast)
            {
                kept.Add("");
            }
        }

        return "/" + string.Join('/', kept);
    }
}
