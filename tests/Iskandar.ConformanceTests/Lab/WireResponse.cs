using System.Globalization;
using System.Text.RegularExpressions;

namespace Iskandar.ConformanceTests.Lab;

/// <summary>Everything that a visitor received on a connection, in words.</summary>
public static partial class WireResponse
{
    public static string Describe(string received)
    {
        var end = received.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0 || !StatusLine().IsMatch(received))
        {
            return received.Length == 0 ? "the connection ends without a response" : "what isn't HTTP";
        }

        var head = received[..end];
        var content = received[(end + 4)..];
        var status = received.Substring(9, 3);
        var isComplete = true;
        if (HeadText.All(head, "Transfer-Encoding") is ["chunked"])
        {
            isComplete = content.EndsWith("0\r\n\r\n", StringComparison.Ordinal);
            content = Chunk().Replace(content, "$1").TrimEnd();
        }
        else if (HeadText.All(head, "Content-Length") is [var length] && status != "304")
        {
            var expected = int.Parse(length, CultureInfo.InvariantCulture);
            isComplete = content.Length == expected;
        }

        var code = HeadText.All(head, "Iskandar-Error") is [var error] ? $" `{error}`" : "";
        var text = code.Length > 0 || content.Length is 0 or > 40 ? "" : $", `{content}`";
        return $"{status}{code}{text}{(isComplete ? "" : ", not complete")}";
    }

    [GeneratedRegex(@"^HTTP/1\.[01] [1-9][0-9][0-9] ")]
    private static partial Regex StatusLine();

    [GeneratedRegex(@"(?:^|\r\n)[0-9a-fA-F]+\r\n((?s:.*?))(?=\r\n)")]
    private static partial Regex Chunk();
}
