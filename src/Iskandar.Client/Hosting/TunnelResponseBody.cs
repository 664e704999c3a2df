using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Client.Hosting;

/// <summary>The ways in which an application writes its response's content.</summary>
internal sealed class TunnelResponseBody : IHttpResponseBodyFeature
{
    private readonly TunnelResponse _response;
    private PipeWriter? _writer;

    public TunnelResponseBody(TunnelResponse response)
    {
        _response = response;
        Stream = new TunnelResponseStream(response);
    }

    public Stream Stream { get; }

    public PipeWriter Writer => _writer ??= PipeWriter.Create(Stream, new StreamPipeWriterOptions(leaveOpen: true));

    public void DisableBuffering()
    {
        // Nothing is ever held back.
    }

    public Task StartAsync(CancellationToken cancellationToken = default) => _response.StartAsync().AsTask();

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    public Task CompleteAsync() => _response.CompleteAsync();

    /// <summary>Sends what the application left in the writer.</summary>
    public ValueTask CompleteWriterAsync() => _writer?.CompleteAsync() ?? default;
}
