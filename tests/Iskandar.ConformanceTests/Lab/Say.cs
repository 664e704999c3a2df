using System.Text;

namespace Iskandar.ConformanceTests.Lab;

/// <summary>Outcomes in words.</summary>
public static class Say
{
    /// <summary>Status, error code of Iskandar's own answers, framing and content.</summary>
    public static string Response(RawResponse response)
    {
        if (response.Head["Iskandar-Error"] is not null)
        {
            return Status(response.Head);
        }

        var text = new StringBuilder(Status(response.Head));
        if (response.Head["Content-Length"] is { } length)
        {
            text.Append(", length ").Append(length);
        }

        if (response.Head["Transfer-Encoding"] is { } coding)
        {
            text.Append(", ").Append(coding);
        }

        if (response.Body.Length > 0)
        {
            text.Append(", ").Append(Content(response.Body));
        }

        return text.Append(response.IsComplete ? "" : ", aborted").ToString();
    }

    public static string Status(RawHead head) =>
        head["Iskandar-Error"] is { } code ? $"{head.Status} `{code}`" : $"{head.Status}";

    /// <summary>Short contents as they are, long ones by their length.</summary>
    public static string Content(byte[] content) =>
        content.Length <= 40 ? $"`{Encoding.Latin1.GetString(content)}`" : $"{content.Length} bytes";
}
