using Iskandar.Protocol.Messages;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.ObjectPool;

namespace Iskandar.Client.Hosting;

/// <summary>What goes into the tunnel: the head with the first content, then content.</summary>
internal sealed partial class TunnelResponse
{
    // No application ever sees one, and each is free again when it has been sent.
    private static readonly ObjectPool<ResponseHead> Heads = new DefaultObjectPool<ResponseHead>(new HeadPolicy());

    /// <summary>Sends an informational response, if the head of the final one wasn't sent yet.</summary>
    public void SendInformational(int statusCode, IHeaderDictionary? headers)
    {
        if (_ended || (HasStarted && _unsentHead is null))
        {
            return;
        }

        var head = ToHead(statusCode, headers);
        _exchange.SendInformational(head);
        Heads.Return(head);
    }

    private ResponseHead ToHead(int statusCode, IHeaderDictionary? headers)
    {
        var head = Heads.Get();
        head.Status = statusCode;
        if (headers is not null)
        {
            MessageFields.Write(headers, head.Fields, _upgraded);
        }

        return head;
    }

    private ValueTask SendAsync(ReadOnlyMemory<byte> content, bool endOfResponse, CancellationToken cancellationToken)
    {
        if (_unsentHead is not { } head)
        {
            return _exchange.SendContentAsync(content, endOfResponse, cancellationToken);
        }

        _unsentHead = null;
        var sent = _exchange.SendHeadAsync(head, content, endOfResponse, cancellationToken);
        if (!sent.IsCompletedSuccessfully)
        {
            return SendHeadAsync(sent, head);
        }

        sent.GetAwaiter().GetResult();
        Heads.Return(head);
        return default;
    }

    // When it throws, the head may still be in use: it isn't given back.
    private static async ValueTask SendHeadAsync(ValueTask sent, ResponseHead head)
    {
        await sent.ConfigureAwait(false);
        Heads.Return(head);
    }

    private sealed class HeadPolicy : PooledObjectPolicy<ResponseHead>
    {
        public override ResponseHead Create() => new();

        public override bool Return(ResponseHead obj)
        {
            obj.Clear();
            return true;
        }
    }
}
