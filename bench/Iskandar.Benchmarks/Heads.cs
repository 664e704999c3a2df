using Iskandar.Protocol.Messages;

namespace Iskandar.Benchmarks;

/// <summary>A small request and its response, with the fields that a command-line visitor and a file server send.</summary>
internal static class Heads
{
    public static byte[] Content { get; } = [.. Enumerable.Range(0, 128).Select(static i => (byte)('a' + (i % 26)))];

    public static void Fill(RequestHead head)
    {
        head.Method = "GET";
        head.Target = "/small.txt";
        head.Fields.Add("Host", "k3v9x2ab.localhost:8080");
        head.Fields.Add("User-Agent", "curl/8.5.0");
        head.Fields.Add("Accept", "*/*");
        head.Fields.Add("X-Forwarded-For", "127.0.0.1");
        head.Fields.Add("X-Forwarded-Proto", "http");
        head.Fields.Add("X-Forwarded-Host", "k3v9x2ab.localhost:8080");
    }

    /// <param name="head">The head.</param>
    /// <param name="file">Which of two files it is: a reader that remembers values must not find them all to be the same again.</param>
    public static void Fill(ResponseHead head, int file = 0)
    {
        head.Status = 200;
        head.Fields.Add("Server", "nginx/1.22.1");
        head.Fields.Add("Date", "Sat, 01 Aug 2026 12:00:00 GMT");
        head.Fields.Add("Content-Type", "text/plain");
        head.Fields.Add("Content-Length", "128");
        head.Fields.Add("Last-Modified", $"Sat, 01 Aug 2026 11:00:0{file} GMT");
        head.Fields.Add("ETag", $"\"68ab2c4{file}-80\"");
        head.Fields.Add("Accept-Ranges", "bytes");
    }
}
