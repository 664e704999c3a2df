using System.Globalization;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Iskandar.Client.Hosting;

/// <summary>Fields as they cross the tunnel, and as an application sees them: those of a connection are on neither side.</summary>
internal static class MessageFields
{
    /// <summary>A request's fields. Those that ask for an upgrade are there when the visitor asked for one.</summary>
    public static FieldDictionary Read(IClientExchange exchange)
    {
        var fields = exchange.Request.Fields;
        var isUpgrade = exchange.IsUpgrade;
        var headers = new FieldDictionary(fields.Count + 1);
        var connection = ConnectionFields.OptionsOf(fields);
        foreach (ref readonly var line in fields.Lines)
        {
            if (Crosses(line.Name, connection, isUpgrade) || ConnectionFields.IsTrailersWelcome(line))
            {
                headers.AddLine(line.Name, line.Value);
            }
        }

        if (isUpgrade)
        {
            // It never crosses the tunnel, but middleware looks for it. And what follows the head isn't content.
            headers[HeaderNames.Connection] = HeaderNames.Upgrade;
            headers.Remove(HeaderNames.ContentLength);
        }

        // The length that arrived is the truth; what a message says beside it could make two requests of one.
        else if (exchange.ContentLength is { } length && (length > 0 || headers.ContainsKey(HeaderNames.ContentLength)))
        {
            headers[HeaderNames.ContentLength] = length.ToString(CultureInfo.InvariantCulture);
        }

        return headers;
    }

    /// <summary>Whether the visitor waits to be asked for the request's content (RFC 9110 section 10.1.1).</summary>
    public static bool ExpectContinue(FieldSection fields)
    {
        foreach (ref readonly var line in fields.Lines)
        {
            if (line.Name.Equals(HeaderNames.Expect, StringComparison.OrdinalIgnoreCase) && line.Value.Equals("100-continue", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A request's trailers.</summary>
    public static FieldDictionary Read(FieldSection trailers)
    {
        var headers = new FieldDictionary(trailers.Count);
        foreach (ref readonly var line in trailers.Lines)
        {
            if (!ConnectionFields.Contains(line.Name))
            {
                headers.AddLine(line.Name, line.Value);
            }
        }

        return headers;
    }

    /// <summary>Adds what an application has set.</summary>
    /// <param name="headers">What it has set.</param>
    /// <param name="fields">What crosses the tunnel.</param>
    /// <param name="isUpgrade">Whether the message upgrades the connection, and so says to what.</param>
    public static void Write(IHeaderDictionary headers, FieldSection fields, bool isUpgrade)
    {
        var connection = headers.Connection.ToString();
        if (headers is FieldDictionary own)
        {
            foreach (ref readonly var field in own.Fields)
            {
                Write(field.Key, field.Value, fields, connection, isUpgrade);
            }

            return;
        }

        foreach (var (name, values) in headers)
        {
            Write(name, values, fields, connection, isUpgrade);
        }
    }

    private static void Write(string name, StringValues values, FieldSection fields, string connection, bool isUpgrade)
    {
        if (!Crosses(name, connection, isUpgrade))
        {
            return;
        }

        foreach (var value in values)
        {
            if (value is not null)
            {
                fields.Add(name, value);
            }
        }
    }

    private static bool Crosses(string name, string? connection, bool isUpgrade) =>
        (isUpgrade && name.Equals(HeaderNames.Upgrade, StringComparison.OrdinalIgnoreCase))
        || (!ConnectionFields.Contains(name) && !ConnectionFields.IsNamedBy(connection, name));
}
