namespace Iskandar.Protocol.Frames;

/// <summary>
/// Finds the frames in a sequence of bytes that comes in pieces. DATA is given out as it comes; of other frames the whole payload has to be there.
/// Pure: it holds no bytes.
/// </summary>
internal struct FrameParser
{
    private FrameHeader _data;
    private int _remaining;
    private bool _isInData;

    /// <summary>Whether the last frame has ended.</summary>
    public readonly bool IsAtEnd => !_isInData;

    /// <summary>How many bytes the next frame needs to be read, as far as is known from these. At least one more than there are.</summary>
    /// <param name="input">What <see cref="TryRead"/> left.</param>
    public static int Needed(ReadOnlySpan<byte> input) =>
        input.Length < FrameHeader.Size ? FrameHeader.Size : Math.Max(FrameHeader.Size + FrameHeader.Read(input).Length, input.Length + 1);

    /// <summary>Takes the next frame, or piece of DATA, from the front of the input.</summary>
    /// <param name="input">The bytes; shortened by what was taken.</param>
    /// <param name="frame">The frame; its payload is a part of the input.</param>
    /// <returns>False: more bytes are needed.</returns>
    /// <exception cref="ConnectionFaultException">The header is not one that the protocol allows.</exception>
    public bool TryRead(ref ReadOnlySpan<byte> input, out Frame frame)
    {
        if (_isInData)
        {
            return TryReadPiece(ref input, out frame);
        }

        frame = default;
        if (input.Length < FrameHeader.Size)
        {
            return false;
        }

        var header = FrameHeader.Read(input);
        FrameLimits.Check(header);
        if (header.Type == FrameType.Data)
        {
            input = input[FrameHeader.Size..];
            _data = header;
            _remaining = header.Length;
            _isInData = true;
            return TryReadPiece(ref input, out frame);
        }

        if (input.Length < FrameHeader.Size + header.Length)
        {
            return false;
        }

        frame = new Frame(header, input.Slice(FrameHeader.Size, header.Length), isWhole: true);
        input = input[(FrameHeader.Size + header.Length)..];
        return true;
    }

    private bool TryReadPiece(ref ReadOnlySpan<byte> input, out Frame frame)
    {
        var length = Math.Min(_remaining, input.Length);
        if (length == 0 && _remaining > 0)
        {
            frame = default;
            return false;
        }

        _remaining -= length;
        _isInData = _remaining > 0;
        frame = new Frame(_data, input[..length], isWhole: !_isInData);
        input = input[length..];
        return true;
    }
}
