using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Iskandar.Server.Gateway;

/// <summary>Makes the head that crosses the tunnel from a visitor's request: nothing of the visitor's connection, and the truth about where it came from.</summary>
internal static class VisitorRequest
{
    private const string Continue = "100-continue";

    /// <summary>Fills in the head.</summary>
    /// <param name="context">The request.</param>
    /// <param name="head">The head, empty.</param>
    /// <param name="upgrade">The change of the protocol that crosses the tunnel too, if any.</param>
    /// <param name="isAwaited">Whether the visitor waits to be asked for its content, and the client can ask.</param>
    /// <param name="forwarding">Adds what the visitor doesn't say.</param>
    /// <param name="maxFields">How large its fields may be, as <see cref="SizeOf"/> counts.</param>
    /// <returns><see cref="ExchangeError.None"/>, or why the request can't be forwarded.</returns>
    public static ExchangeError TryRead(
        HttpContext context, RequestHead head, RequestedUpgrade? upgrade, bool isAwaited, ForwardingFields forwarding, int maxFields)
    {
        var request = context.Request;
        head.Method = upgrade?.Method ?? request.Method;
        head.Target = ToOriginForm(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        if (!HttpSyntax.IsTarget(head.Target))
        {
            return ExchangeError.RequestInvalid;
        }

        var connection = OptionsOf(request.Headers.Connection);
        foreach (var (name, values) in request.Headers)
        {
            if (IsDropped(name) || ConnectionFields.IsNamedBy(connection, name) || upgrade?.Replaces(name) == true)
            {
                continue;
            }

            if (values.Count > 1 && name.Equals("Cookie", StringComparison.OrdinalIgnoreCase))
            {
                // RFC 9113 section 8.2.3: HTTP/2 may split the line, and an app that speaks HTTP/1.1 must find one.
                head.Fields.Add(name, string.Join("; ", values.AsEnumerable()));
                continue;
            }

            foreach (var value in values)
            {
                head.Fields.Add(name, value ?? "");
            }
        }

        upgrade?.AddTo(head.Fields);
        if (isAwaited)
        {
            head.Fields.Add("Expect", Continue);
        }

        if (WelcomesTrailers(request))
        {
            head.Fields.Add("TE", "trailers");
        }

        forwarding.Add(context, head.Fields);
        return SizeOf(head.Fields) > maxFields ? ExchangeError.RequestHeadTooLarge : ExchangeError.None;
    }

    /// <summary>What a section counts against the limit (docs/protocol.md): each line as its name, its value and 4.</summary>
    public static int SizeOf(FieldSection fields)
    {
        var size = 0;
        foreach (ref readonly var line in fields.Lines)
        {
            size += line.Name.Length + line.Value.Length + 4;
        }

        return size;
    }

    /// <summary>Whether the visitor waits to be asked for its content (RFC 9110 section 10.1.1).</summary>
    public static bool ExpectsContinue(HttpRequest request) =>
        request.Headers.Expect is { Count: > 0 } expect && expect.ToString().Equals(Continue, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the visitor takes trailers (RFC 9110 section 10.1.4).</summary>
    public static bool WelcomesTrailers(HttpRequest request) => request.Headers.TE is { Count: > 0 } codings && Lists(codings, "trailers");

    /// <summary>Whether a field is the visitor's connection's, or not the visitor's to send. Expect, TE and Via have rules of their own.</summary>
    public static bool IsDropped(string name) => (name[0] | 0x20) switch
    {
        // By the first letter, in lower case: there are many fields, and few of them are dropped.
        ':' => true,
        'e' => name.Equals("Expect", StringComparison.OrdinalIgnoreCase),
        'f' => name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase),
        'i' => name.StartsWith("Iskandar-", StringComparison.OrdinalIgnoreCase),
        'v' => name.Equals("Via", StringComparison.OrdinalIgnoreCase),
        'x' => name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("X-Original-", StringComparison.OrdinalIgnoreCase),
        _ => ConnectionFields.Contains(name),
    };

    private static bool Lists(StringValues values, string member)
    {
        foreach (var value in values)
        {
            foreach (var range in value.AsSpan().Split(','))
            {
                if (value.AsSpan(range).Trim(" \t").Equals(member, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }

    // Null when Connection names nothing that would not be dropped anyway, as it mostly does.
    private static string? OptionsOf(StringValues connection)
    {
        var value = connection.ToString();
        foreach (var option in value.AsSpan().Split(','))
        {
            var name = value.AsSpan(option).Trim(" \t");
            if (!name.IsEmpty
                && !name.Equals("keep-alive", StringComparison.OrdinalIgnoreCase)
                && !name.Equals("upgrade", StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        return null;
    }

    // RFC 9112 section 3.2.2: a server takes the absolute form too. What follows the authority is the target, untouched.
    private static string ToOriginForm(string target)
    {
        var scheme = target.StartsWith('/') ? -1 : target.IndexOf("://", StringComparison.Ordinal);
        if (scheme <= 0)
        {
            return target;
        }

        var rest = target.AsSpan(scheme + 3);
        var end = rest.IndexOfAny('/', '?');
        return end < 0 ? "/" : rest[end] == '?' ? string.Concat("/", rest[end..]) : rest[end..].ToString();
    }
}
