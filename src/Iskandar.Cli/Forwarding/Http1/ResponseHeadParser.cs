using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>
/// Reads the heads of responses (RFC 9112 sections 4 to 6), and trailers. An app answers with much the same lines each time: those of the last response are remembered, so that
/// the usual head needs no new strings.
/// </summary>
internal sealed class ResponseHeadParser
{
    private const int MostRemembered = 32;
    private const int LongestRemembered = 256;
    private const string OwnFields = "Iskandar-";

    /// <summary>What is wrong with an answer in another protocol.</summary>
    public const string NoStatusLine = "The response doesn't begin with HTTP/1.1 or HTTP/1.0.";

    private readonly Line[] _lines = new Line[MostRemembered];

    /// <summary>Where a head or a trailer section ends: behind its empty line. A line may end with LF alone (RFC 9112 section 2.2).</summary>
    /// <param name="bytes">From its beginning.</param>
    /// <returns>Its length; -1 when the end isn't there yet.</returns>
    public static int FindEnd(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (bytes[at..].IndexOf((byte)'\n') is >= 0 and var found)
        {
            at += found + 1;
            switch (bytes[at..])
            {
                case [(byte)'\n', ..]:
                    return at + 1;
                case [(byte)'\r', (byte)'\n', ..]:
                    return at + 2;
            }
        }

        return -1;
    }

    /// <summary>Whether these can be the first bytes of a response.</summary>
    public static bool MayBegin(ReadOnlySpan<byte> bytes)
    {
        var begin = "HTTP/1."u8;
        return bytes.Length < begin.Length ? begin.StartsWith(bytes) : bytes.StartsWith(begin);
    }

    /// <summary>Reads the status line.</summary>
    /// <param name="head">A whole head; what follows the line when it returns.</param>
    /// <param name="isVersion10">Whether the origin speaks HTTP/1.0.</param>
    /// <returns>The status, 100 to 599.</returns>
    /// <exception cref="MalformedResponseException">It is none.</exception>
    public static int ParseStatusLine(ref ReadOnlySpan<byte> head, out bool isVersion10)
    {
        var line = NextLine(ref head);
        isVersion10 = line.StartsWith("HTTP/1.0 "u8);
        if (!isVersion10 && !line.StartsWith("HTTP/1.1 "u8))
        {
            throw new MalformedResponseException(NoStatusLine);
        }

        var code = line[9..];
        if (code.Length < 3 || (code.Length > 3 && code[3] != ' ') || code[..3].ContainsAnyExceptInRange((byte)'0', (byte)'9') || code[0] is < (byte)'1' or > (byte)'5')
        {
            throw new MalformedResponseException("The response's status is not a number from 100 to 599.");
        }

        return ((code[0] - '0') * 100) + ((code[1] - '0') * 10) + (code[2] - '0');
    }

    /// <summary>Reads the field lines of a head.</summary>
    /// <param name="lines">From behind the status line, to the empty line.</param>
    /// <param name="isVersion10">Whether the origin speaks HTTP/1.0.</param>
    /// <param name="headers">Gets the fields.</param>
    /// <exception cref="MalformedResponseException">A line is not a field, or its end can't be told.</exception>
    public ResponseFraming ParseFields(ReadOnlySpan<byte> lines, bool isVersion10, IHeaderDictionary headers)
    {
        ParseLines(lines, headers);
        var connection = headers.Connection.ToString();
        var keepsAlive = !FieldSyntax.Lists(connection, "close") && (!isVersion10 || FieldSyntax.Lists(connection, "keep-alive"));
        if (headers.TransferEncoding is { Count: > 0 } codings)
        {
            if (isVersion10 || !codings.ToString().Equals("chunked", StringComparison.OrdinalIgnoreCase))
            {
                throw new MalformedResponseException($"The response has a transfer coding that was not asked for: {codings}.");
            }

            // The chunks are the truth (RFC 9112 section 6.3), and after such a contradiction the connection is not to be trusted.
            keepsAlive &= !headers.Remove("Content-Length");
            return new ResponseFraming(null, IsChunked: true, keepsAlive);
        }

        if (headers.TryGetValue("Content-Length", out var lengths))
        {
            var length = ParseLength(lengths.Count == 1 ? lengths.ToString() : string.Join(',', lengths.ToArray()));
            if (lengths.Count > 1 || lengths.ToString().Contains(','))
            {
                headers.ContentLength = length;
            }

            return new ResponseFraming(length, IsChunked: false, keepsAlive);
        }

        return new ResponseFraming(null, IsChunked: false, keepsAlive);
    }

    /// <summary>Reads field lines, but for those under a name that is the tunnel's own.</summary>
    /// <param name="lines">To the empty line.</param>
    /// <param name="fields">Gets the fields.</param>
    /// <exception cref="MalformedResponseException">A line is not a field.</exception>
    public void ParseLines(ReadOnlySpan<byte> lines, IHeaderDictionary fields)
    {
        for (var number = 0; NextLine(ref lines) is { IsEmpty: false } line; number++)
        {
            if (lines is [(byte)' ' or (byte)'\t', ..])
            {
                throw new MalformedResponseException("A field of the response goes on in the next line, which HTTP no longer allows.");
            }

            var (name, value) = Read(line, number);
            if (!name.StartsWith(OwnFields, StringComparison.OrdinalIgnoreCase))
            {
                // An empty value is one, too.
                fields[name] = fields.TryGetValue(name, out var before) ? StringValues.Concat(before, value) : value;
            }
        }
    }

    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)'\n');
        if (end < 0)
        {
            return default;
        }

        var line = rest[..end];
        rest = rest[(end + 1)..];
        return line is [.., (byte)'\r'] ? line[..^1] : line;
    }

    // Equal ones that were joined, or repeated, are one (RFC 9110 section 8.6).
    private static long ParseLength(string text)
    {
        long? length = null;
        foreach (var part in text.AsSpan().Split(','))
        {
            var digits = text.AsSpan(part).Trim(" \t");
            if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9') || !long.TryParse(digits, out var one) || (length ?? one) != one)
            {
                throw new MalformedResponseException($"The response has no usable Content-Length: {text}.");
            }

            length = one;
        }

        return length!.Value;
    }

    private Line Read(ReadOnlySpan<byte> line, int number)
    {
        if (number < MostRemembered && _lines[number] is { Bytes: { } known } && line.SequenceEqual(known))
        {
            return _lines[number];
        }

        var colon = line.IndexOf((byte)':');
        if (colon < 0)
        {
            throw new MalformedResponseException("A line of the response's head has no colon.");
        }

        // White space before the colon is to be taken out of a response (RFC 9112 section 5.1).
        var name = Encoding.Latin1.GetString(line[..colon].TrimEnd(" \t"u8));
        var value = Encoding.Latin1.GetString(line[(colon + 1)..].Trim(" \t"u8));
        if (!FieldSyntax.IsName(name) || !FieldSyntax.IsValue(value))
        {
            throw new MalformedResponseException("A field of the response has a character that HTTP doesn't allow there.");
        }

        var read = new Line(line.Length <= LongestRemembered && number < MostRemembered ? line.ToArray() : null, name, value);
        if (read.Bytes is not null)
        {
            _lines[number] = read;
        }

        return read;
    }

    private readonly record struct Line(byte[]? Bytes, string Name, string Value)
    {
        public void Deconstruct(out string name, out string value) => (name, value) = (Name, Value);
    }
}
