using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>Writes the heads of requests (RFC 9112 section 3): target and fields as they came, but for what belongs to a connection.</summary>
internal static class RequestHeadWriter
{
    /// <summary>Writes a head.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="context">The request.</param>
    /// <param name="host">What Host says.</param>
    /// <param name="framing">How its content ends.</param>
    /// <param name="upgrade">What the connection should become; null: it stays HTTP.</param>
    /// <exception cref="ArgumentException">Something in it could end the message early, or make another one of it.</exception>
    public static void Write(IBufferWriter<byte> output, HttpContext context, string host, RequestFraming framing, string? upgrade = null)
    {
        var request = context.Request;
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!FieldSyntax.IsName(request.Method) || !IsTarget(target) || !FieldSyntax.IsValue(host) || !FieldSyntax.IsValue(upgrade))
        {
            throw new ArgumentException("The request's method, target, host or upgrade can't be written.", nameof(context));
        }

        Append(output, request.Method);
        Append(output, " ");
        Append(output, target);
        output.Write(" HTTP/1.1\r\nHost: "u8);
        Append(output, host);
        output.Write("\r\n"u8);
        WriteFields(output, request.Headers);
        if (upgrade is not null)
        {
            output.Write("Connection: Upgrade\r\nUpgrade: "u8);
            Append(output, upgrade);
            output.Write("\r\n"u8);
        }
        else if (request.Headers.TE is ["trailers"])
        {
            // All that crosses a tunnel of it, and its receiver's alone (RFC 9110 section 10.1.4).
            output.Write("TE: trailers\r\nConnection: TE\r\n"u8);
        }

        if (framing.IsChunked)
        {
            output.Write("Transfer-Encoding: chunked\r\n"u8);
        }
        else if (framing.Length is { } length)
        {
            output.Write("Content-Length: "u8);
            Append(output, length.ToString(CultureInfo.InvariantCulture));
            output.Write("\r\n"u8);
        }

        output.Write("\r\n"u8);
    }

    /// <summary>Writes the last chunk, the trailers and the empty line behind them.</summary>
    public static void WriteEnd(IBufferWriter<byte> output, IHeaderDictionary? trailers)
    {
        output.Write("0\r\n"u8);
        if (trailers is not null)
        {
            WriteFields(output, trailers, areTrailers: true);
        }

        output.Write("\r\n"u8);
    }

    private static void WriteFields(IBufferWriter<byte> output, IHeaderDictionary fields, bool areTrailers = false)
    {
        foreach (var (name, values) in fields)
        {
            if (StaysHere(name) || (areTrailers && name.Equals("Expect", StringComparison.OrdinalIgnoreCase)))
            {
                continue;
            }

            foreach (var value in values)
            {
                if (!FieldSyntax.IsName(name) || !FieldSyntax.IsValue(value))
                {
                    throw new ArgumentException($"The field {name} can't be written.", nameof(fields));
                }

                Append(output, name);
                output.Write(": "u8);
                Append(output, value);
                output.Write("\r\n"u8);
            }
        }
    }

    /// <summary>
    /// What doesn't go on as it is. Host and what ends the message have rules of their own; what belongs to a connection did not come through the tunnel, and
    /// would make two messages of one if it did.
    /// </summary>
    private static bool StaysHere(string name) => name.Length switch
    {
        2 => name.Equals("TE", StringComparison.OrdinalIgnoreCase),
        4 => name.Equals("Host", StringComparison.OrdinalIgnoreCase),
        7 => name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase),
        10 => name.Equals("Connection", StringComparison.OrdinalIgnoreCase) || name.Equals("Keep-Alive", StringComparison.OrdinalIgnoreCase),
        14 => name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase),
        17 => name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    // Origin form, or "*" (RFC 9112 section 3.2): nothing that could change which host is called, or end the line.
    private static bool IsTarget(string target) => target == "*" || (target is ['/', ..] && !target.AsSpan().ContainsAnyExceptInRange('!', '~'));

    private static void Append(IBufferWriter<byte> output, ReadOnlySpan<char> text) =>
        output.Advance(Encoding.Latin1.GetBytes(text, output.GetSpan(text.Length)));
}
