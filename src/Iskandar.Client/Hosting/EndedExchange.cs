using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;

namespace Iskandar.Client.Hosting;

/// <summary>Stands where an exchange was that has ended: an application that still holds its request can't do harm with it.</summary>
internal sealed class EndedExchange : IClientExchange
{
    public static EndedExchange Instance { get; } = new();

    public RequestHead Request { get; } = new();

    public long? ContentLength => 0;

    public bool IsUpgrade => false;

    public FieldSection RequestTrailers { get; } = new();

    public CancellationToken Cancelled => CancellationToken.None;

    public Stream OpenContent() => Stream.Null;

    public void SendInformational(ResponseHead head)
    {
    }

    public ValueTask SendHeadAsync(ResponseHead head, ReadOnlyMemory<byte> content, bool endOfResponse, CancellationToken cancellationToken) => default;

    public ValueTask SendContentAsync(ReadOnlyMemory<byte> content, bool endOfResponse, CancellationToken cancellationToken) => default;

    public void SendTrailers(FieldSection trailers)
    {
    }

    public void Fail(ExchangeError error)
    {
    }

    public void Dispose()
    {
    }
}
