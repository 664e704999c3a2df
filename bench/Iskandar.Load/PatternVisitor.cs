using System.Globalization;
using System.Net;

namespace Iskandar.Load;

/// <summary>A visitor of <see cref="PatternOrigin"/>. Writes how many bytes it has taken or given, a line for each 1/200 of them.</summary>
internal sealed class PatternVisitor(IPEndPoint server, string host, long length, TextWriter output) : IDisposable
{
    private const int Piece = 64 * 1024;
    private const int Lines = 200;

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private long _written;

    private long Length => length;

    /// <summary>Takes all, and checks each byte.</summary>
    public async Task DownloadAsync()
    {
        using var request = Request(HttpMethod.Get, $"/bytes/{length}");
        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        await using var content = await response.Content.ReadAsStreamAsync();
        var pattern = new Pattern();
        var buffer = new byte[Piece];
        int read;
        while ((read = await content.ReadAsync(buffer)) > 0)
        {
            pattern.Check(buffer.AsSpan(0, read));
            await ReportAsync(pattern.Position);
        }

        RequireAll(pattern.Position);
    }

    /// <summary>Gives all; the origin has to say that it was all.</summary>
    public async Task UploadAsync()
    {
        using var request = Request(HttpMethod.Put, "/bytes");
        request.Content = new PatternContent(this);
        using var response = await _client.SendAsync(request);
        var answer = await response.Content.ReadAsStringAsync();
        RequireAll(response.IsSuccessStatusCode && long.TryParse(answer, CultureInfo.InvariantCulture, out var taken)
            ? taken
            : throw new InvalidDataException($"The origin answered with {(int)response.StatusCode}: {answer}"));
    }

    public void Dispose() => _client.Dispose();

    private HttpRequestMessage Request(HttpMethod method, string path) => new(method, $"http://{server}{path}") { Headers = { Host = host } };

    private void RequireAll(long transferred)
    {
        if (transferred != length)
        {
            throw new InvalidDataException($"{transferred} bytes have arrived, and not {length}.");
        }
    }

    private async ValueTask ReportAsync(long position)
    {
        if (position - _written >= length / Lines)
        {
            _written = position;
            await output.WriteLineAsync(position.ToString(CultureInfo.InvariantCulture));
        }
    }

    private sealed class PatternContent(PatternVisitor visitor) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var pattern = new Pattern();
            while (pattern.Position < visitor.Length)
            {
                await stream.WriteAsync(pattern.Next(Math.Min(Piece, visitor.Length - pattern.Position)));
                await visitor.ReportAsync(pattern.Position);
            }
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = visitor.Length;
            return true;
        }
    }
}
