using System.Globalization;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Iskandar.Client.Hosting;

/// <summary>Makes what an application sees as the request's fields of those that crossed the tunnel.</summary>
internal static class RequestHeaders
{
    private const string Upgrade = "Upgrade";

    /// <summary>The fields, without those of a connection. Those that ask for an upgrade are there when the visitor asked for one.</summary>
    public static HeaderDictionary Read(IClientExchange exchange)
    {
        var fields = exchange.Request.Fields;
        var headers = new HeaderDictionary(fields.Count);
        var connection = ConnectionFields.OptionsOf(fields);
        foreach (ref readonly var line in fields.Lines)
        {
            if (Crosses(line.Name, connection, exchange.IsUpgrade))
            {
                Add(headers, line);
            }
        }

        if (exchange.IsUpgrade)
        {
            // It never crosses the tunnel, but middleware looks for it. And what follows the head isn't content.
            headers["Connection"] = Upgrade;
            headers.Remove("Content-Length");
        }

        // The length that arrived is the truth; what a message says beside it could make two requests of one.
        else if (exchange.ContentLength is { } length && (length > 0 || headers.ContainsKey("Content-Length")))
        {
            headers["Content-Length"] = length.ToString(CultureInfo.InvariantCulture);
        }

        return headers;
    }

    /// <summary>The trailers.</summary>
    public static HeaderDictionary Read(FieldSection fields)
    {
        var trailers = new HeaderDictionary(fields.Count);
        foreach (ref readonly var line in fields.Lines)
        {
            if (!ConnectionFields.Contains(line.Name))
            {
                Add(trailers, line);
            }
        }

        return trailers;
    }

    // Not Append: it drops empty values, and an empty value is a value.
    private static void Add(HeaderDictionary headers, in Field line) =>
        headers[line.Name] = headers.TryGetValue(line.Name, out var earlier) ? StringValues.Concat(earlier, line.Value) : line.Value;

    private static bool Crosses(string name, string? connection, bool isUpgrade) =>
        (isUpgrade && name.Equals(Upgrade, StringComparison.OrdinalIgnoreCase))
        || (!ConnectionFields.Contains(name) && !ConnectionFields.IsNamedBy(connection, name));
}
