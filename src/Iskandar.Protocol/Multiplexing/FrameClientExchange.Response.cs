using System.Buffers;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Multiplexing;

/// <content>The way of the response: what the application sends.</content>
internal sealed partial class FrameClientExchange
{
    private static readonly Action<(uint Stream, ResponseHead Head, ReadOnlyMemory<byte> Content, bool End), IBufferWriter<byte>> WriteHead =
        static (state, output) =>
        {
            var isWhole = state.Content.IsEmpty;
            ResponseFrame.Write(output, state.Stream, state.Head, state.End && isWhole);
            if (!isWhole)
            {
                DataFrame.Write(output, state.Stream, state.Content.Span, state.End);
            }
        };

    // The final head may be on its way from another thread. Whoever comes to write second, under the sender's lock, sees it.
    private static readonly Action<(FrameClientExchange Exchange, ResponseHead Head), IBufferWriter<byte>> WriteInformational = static (state, output) =>
    {
        if (!Volatile.Read(ref state.Exchange._headSent))
        {
            ResponseFrame.Write(output, state.Exchange._stream, state.Head, end: false);
        }
    };

    public void SendInformational(ResponseHead head)
    {
        if (!Volatile.Read(ref _cancelled) && Fits(head))
        {
            _connection.Sender.Send((this, head), WriteInformational);
        }
    }

    public ValueTask SendHeadAsync(ResponseHead head, ReadOnlyMemory<byte> content, bool endOfResponse, CancellationToken cancellationToken)
    {
        if (!Fits(head))
        {
            // As if the server had refused it: the application must learn that nobody gets what it still has to say.
            if (!Volatile.Read(ref _cancelled))
            {
                OnFault(ErrorCode.HeadTooLarge);
            }

            return default;
        }

        Volatile.Write(ref _headSent, true);

        // A small response is one write: head and content together, if there is credit for it.
        var takesContent = _outbound.TryTake(content.Length, endOfResponse);
        if (Volatile.Read(ref _cancelled))
        {
            return default;
        }

        // It may be the last for a while, even if the work on it goes on after that.
        var isAlone = _connection.IsQuiet;
        if (endOfResponse && takesContent)
        {
            BeAnswered();
        }

        var first = (_stream, head, takesContent ? content : default, endOfResponse && takesContent);
        _connection.Sender.SendHere(first, WriteHead, isAlone);
        if (!takesContent)
        {
            return Discard(_outbound.SendAsync(_stream, content, endOfResponse, cancellationToken));
        }

        return content.IsEmpty ? default : _connection.Sender.WaitForRoomAsync(cancellationToken);
    }

    public ValueTask SendContentAsync(ReadOnlyMemory<byte> content, bool endOfResponse, CancellationToken cancellationToken) =>
        Discard(_outbound.SendAsync(_stream, content, endOfResponse, cancellationToken));

    public void SendTrailers(FieldSection trailers)
    {
        if (FieldLines.Fits(trailers, _connection.MaxFields))
        {
            _outbound.SendTrailers(_stream, trailers);
        }
        else
        {
            Fail(ExchangeError.ResponseHeadTooLarge);
        }
    }

    private void BeAnswered()
    {
        if (!Interlocked.Exchange(ref _answered, true))
        {
            _connection.OnAnswered();
        }
    }

    private bool Fits(ResponseHead head) => FieldLines.Fits(head.Fields, _connection.MaxFields);

    // What is sent for a stream that is over goes nowhere; the application learns of it by the token.
    private static ValueTask Discard(ValueTask<bool> sending)
    {
        if (sending.IsCompletedSuccessfully)
        {
            _ = sending.Result;
            return default;
        }

        return AwaitAsync(sending);

        static async ValueTask AwaitAsync(ValueTask<bool> sending) => await sending.ConfigureAwait(false);
    }
}
