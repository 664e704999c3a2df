using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Iskandar.ConformanceTests.Lab;

/// <summary>Content of a length that nobody says beforehand, as it is written.</summary>
public sealed class WrittenContent(Func<Stream, Task> write) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => write(stream);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

/// <summary>What apps and visitors of HTTP/2 do alike in each row.</summary>
public static class Http2Contents
{
    public static async Task<string> ReadTextAsync(this HttpRequest request) =>
        await new StreamReader(request.Body, Encoding.Latin1).ReadToEndAsync(request.HttpContext.RequestAborted);

    public static async Task<string> ReadTextAsync(this HttpResponseMessage response) =>
        Encoding.Latin1.GetString(await response.Content.ReadAsByteArrayAsync(Bounded.Token()));

    /// <summary>Writes a piece, and leaves nothing of it behind.</summary>
    public static async Task SendAsync(this HttpResponse response, string text)
    {
        await response.WriteAsync(text, Encoding.Latin1, Bounded.Token());
        await response.Body.FlushAsync(Bounded.Token());
    }

    /// <summary>Answers with content and trailers. Kestrel has none for HTTP/1.1: there the app frames its content by itself.</summary>
    public static async Task SendWithTrailersAsync(this HttpResponse response, string text, params (string Name, string Value)[] trailers)
    {
        if (response.SupportsTrailers())
        {
            await response.SendAsync(text);
            foreach (var (name, value) in trailers)
            {
                response.AppendTrailer(name, value);
            }

            return;
        }

        response.Headers.TransferEncoding = "chunked";
        await response.SendAsync($"{text.Length:x}\r\n{text}\r\n0\r\n{string.Concat(trailers.Select(static line => $"{line.Name}: {line.Value}\r\n"))}\r\n");
    }

    /// <summary>Status, Iskandar's own error code, declared length and content.</summary>
    public static async Task<string> SayAsync(this HttpResponseMessage response)
    {
        var status = $"{(int)response.StatusCode}";
        if (Expect.ErrorCode(response) is { } code)
        {
            return $"{status} `{code}`";
        }

        var length = response.Content.Headers.ContentLength;
        var content = await response.ReadTextAsync();
        var isDeclared = length is not null && response.Content.Headers.Contains("Content-Length");
        return $"{status}{(isDeclared ? $", length {length}" : "")}{(content.Length == 0 ? "" : content.Length > 40 ? $", {content.Length} bytes" : $", `{content}`")}";
    }

    /// <summary>How the rest of a response's content ends, which may be broken off.</summary>
    public static async Task<string> SayEndAsync(this HttpResponseMessage response)
    {
        try
        {
            await (await response.Content.ReadAsStreamAsync(Bounded.Token())).CopyToAsync(Stream.Null, Bounded.Token());
            return "ends well";
        }
        catch (HttpRequestException fault) when (fault.InnerException is HttpProtocolException reset)
        {
            return $"is reset with error {reset.ErrorCode}";
        }
        catch (HttpProtocolException reset)
        {
            return $"is reset with error {reset.ErrorCode}";
        }
    }
}
