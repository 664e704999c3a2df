using System.IO.Pipelines;
using Iskandar.Protocol.Connections;

namespace Iskandar.Protocol.Json;

/// <summary>
/// A response's content between the read loop, which puts it in, and the visitor's request, which takes it out: the bytes, what they cost, and the client's
/// credit for more. Members of the read loop's side are called under the exchange's lock.
/// </summary>
internal sealed class ReceivedContent(GatewayConnectionOptions options, ByteBudget? budget)
{
    // No threshold at which a writer waits: the read loop never does. The bounds are the credit, the connection's and the common budget.
    private static readonly PipeOptions WithoutWaiting = new(pauseWriterThreshold: 0, resumeWriterThreshold: 0, useSynchronizationContext: false);

    private readonly Pipe _pipe = new(WithoutWaiting);
    private readonly bool _hasCredit = options.Accepted.HasFlag(OptionalMessages.Credit);
    private long _buffered;
    private long _credit = options.Window;
    private long _unreturned;

    public PipeReader Reader => _pipe.Reader;

    /// <summary>Bytes that the visitor hasn't taken.</summary>
    public long Buffered => Volatile.Read(ref _buffered);

    /// <summary>Decodes a piece into the pipe, unless it is over a bound or no base64.</summary>
    /// <param name="body">The piece.</param>
    /// <param name="arrived">How many bytes went in, also when it failed.</param>
    public ExchangeError TryPut(JsonContent body, out long arrived)
    {
        arrived = 0;
        if (body.IsEmpty)
        {
            return ExchangeError.None;
        }

        if (_hasCredit && body.LeastBytes > _credit)
        {
            return ExchangeError.ResponseInvalid;
        }

        if (budget?.TryTake(body.MostBytes) == false)
        {
            return ExchangeError.ResponseOverflow;
        }

        var isBase64 = body.TryDecode(_pipe.Writer, out arrived);
        budget?.Return(body.MostBytes - arrived);
        _credit -= arrived;
        Interlocked.Add(ref _buffered, arrived);
        return isBase64 && !(_hasCredit && _credit < 0) ? ExchangeError.None : ExchangeError.ResponseInvalid;
    }

    /// <summary>Lets the reader see what was put in.</summary>
    public void Publish()
    {
        // The pipe never makes a writer wait, so this has always completed.
        var flushed = _pipe.Writer.FlushAsync(CancellationToken.None);
        _ = flushed.IsCompletedSuccessfully ? flushed.Result : default;
    }

    /// <summary>Lets the reader see what was put in, and that nothing more will come.</summary>
    public void Complete() => _pipe.Writer.Complete();

    /// <summary>Counts bytes that have left our hands as credit for the client.</summary>
    /// <returns>The credit to send; 0 while it isn't worth a message.</returns>
    public long TakeCredit(long bytes)
    {
        _unreturned += bytes;
        if (!_hasCredit || _unreturned < options.Window / 2)
        {
            return 0;
        }

        var credit = _unreturned;
        _unreturned = 0;
        _credit += credit;
        return credit;
    }

    /// <summary>Bytes have left our hands, or are given up.</summary>
    public void Release(long bytes)
    {
        Interlocked.Add(ref _buffered, -bytes);
        budget?.Return(bytes);
    }

    /// <summary>Makes it empty again, for the next exchange. What is still buffered is to be released beside.</summary>
    public void Reset()
    {
        _pipe.Reader.Complete();
        _pipe.Writer.Complete();
        _pipe.Reset();
        _credit = options.Window;
        _unreturned = 0;
    }
}
