using System.Text;

namespace Iskandar.ConformanceTests.Lab;

/// <summary>Bytes as ISO-8859-1, one character each.</summary>
public static class Texts
{
    public static string Latin(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>The next line on a connection.</summary>
    public static async Task<string> LineAsync(RawVisitor visitor)
    {
        var line = new StringBuilder();
        while (line.Length == 0 || line[^1] != '\n')
        {
            line.Append(Latin(await visitor.ReadExactlyAsync(1)));
        }

        return line.ToString().TrimEnd('\n').TrimEnd('\r');
    }

    /// <summary>Everything until the peer ends the connection, however it does.</summary>
    public static async Task<string> RestAsync(RawVisitor visitor)
    {
        var text = new StringBuilder();
        while (await visitor.ReadSomeAsync() is { Length: > 0 } bytes)
        {
            text.Append(Encoding.Latin1.GetString(bytes.Span));
        }

        return text.ToString();
    }

    /// <summary>What isn't ASCII, by number: a page is UTF-8, these values are bytes.</summary>
    public static string Visible(string text) =>
        string.Concat(text.Select(static character => character is < ' ' or > '~' ? $"[{(int)character:x2}]" : $"{character}"));

    public static string Crlf(params string[] lines) => string.Concat(lines.Select(line => line + "\r\n"));
}
