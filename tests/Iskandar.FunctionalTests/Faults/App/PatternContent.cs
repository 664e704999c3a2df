using System.Net;

namespace Iskandar.FunctionalTests.Faults.App;

/// <summary>A pattern as a request's content.</summary>
public sealed class PatternContent(Pattern pattern) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        pattern.WriteToAsync(stream, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        pattern.WriteToAsync(stream, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = pattern.Length;
        return true;
    }
}
