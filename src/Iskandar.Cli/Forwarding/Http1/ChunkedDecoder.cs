namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>Takes chunked content apart (RFC 9112 section 7.1). Does no I/O; what it is given may end anywhere.</summary>
internal struct ChunkedDecoder
{
    // A size line is a few digits. Extensions mean nothing to anybody.
    private const int LongestSizeLine = 4096;

    private State _state;
    private long _left;
    private int _lineLength;
    private bool _hasDigits;

    private enum State
    {
        Size,
        Padding,
        Extension,
        LineEnd,
        Content,
        ContentEnd,
        Trailers,
    }

    /// <summary>Whether the last chunk is behind: what follows are the trailers, to the empty line.</summary>
    public readonly bool IsAtTrailers => _state == State.Trailers;

    /// <summary>Takes bytes up to and including the next piece of content.</summary>
    /// <param name="bytes">What has arrived.</param>
    /// <param name="content">The piece; empty when there is none in what has arrived.</param>
    /// <returns>How many bytes were taken.</returns>
    /// <exception cref="MalformedResponseException">These are no chunks.</exception>
    public int Decode(ReadOnlySpan<byte> bytes, out Range content)
    {
        content = default;
        var at = 0;
        while (at < bytes.Length && _state != State.Trailers)
        {
            if (_state == State.Content)
            {
                var length = (int)Math.Min(_left, bytes.Length - at);
                content = at..(at + length);
                _left -= length;
                if (_left == 0)
                {
                    _state = State.ContentEnd;
                }

                return at + length;
            }

            Next(bytes[at++]);
        }

        return at;
    }

    private void Next(byte next)
    {
        if (++_lineLength > LongestSizeLine)
        {
            throw new MalformedResponseException("A line between two chunks of the response is too long.");
        }

        switch (_state, next)
        {
            case (State.ContentEnd, (byte)'\r') when _lineLength == 1:
                break;
            case (State.ContentEnd, (byte)'\n'):
                (_state, _lineLength, _hasDigits) = (State.Size, 0, false);
                break;
            case (State.Size or State.Padding or State.Extension or State.LineEnd, (byte)'\n') when _hasDigits:
                _state = _left == 0 ? State.Trailers : State.Content;
                _lineLength = 0;
                break;
            case (State.Size or State.Padding or State.Extension, (byte)'\r') when _hasDigits:
                _state = State.LineEnd;
                break;
            case (State.Size, _) when char.IsAsciiHexDigit((char)next):
                if (_left >> 58 != 0)
                {
                    throw new MalformedResponseException("A chunk of the response is longer than anything can be.");
                }

                _left = (_left << 4) + (next <= (byte)'9' ? next - '0' : (next | 0x20) - 'a' + 10);
                _hasDigits = true;
                break;
            case (State.Size or State.Padding, (byte)' ' or (byte)'\t') when _hasDigits:
                _state = State.Padding;
                break;
            case (State.Size or State.Padding, (byte)';') when _hasDigits:
                _state = State.Extension;
                break;
            case (State.Extension, _) when next is (byte)'\t' or (>= 0x20 and not 0x7F):
                break;
            default:
                throw new MalformedResponseException("The response's content should come in chunks, and doesn't.");
        }
    }
}
