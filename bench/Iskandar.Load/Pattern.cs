using System.Buffers.Binary;

namespace Iskandar.Load;

/// <summary>
/// A sequence of bytes without an end that two programs make independently of each other: a pseudo-random block over and over, which begins with its number each
/// time. No byte that is lost, doubled or out of place goes unseen, and no file is needed.
/// </summary>
internal sealed class Pattern
{
    // Not a multiple of any buffer's size.
    private const int Period = 1_048_573;

    private readonly byte[] _block = new byte[Period];
    private int _offset;
    private ulong _number;

    public Pattern() => new Random(20260801).NextBytes(_block);

    /// <summary>How many bytes there were up to now.</summary>
    public long Position => ((long)_number * Period) + _offset;

    /// <summary>The next bytes: at least one, and not more than asked for. Valid until the next call.</summary>
    public ReadOnlyMemory<byte> Next(long most)
    {
        if (_offset == Period)
        {
            _offset = 0;
            _number++;
        }

        if (_offset == 0)
        {
            BinaryPrimitives.WriteUInt64BigEndian(_block, _number);
        }

        var next = _block.AsMemory(_offset, (int)Math.Min(most, Period - _offset));
        _offset += next.Length;
        return next;
    }

    /// <summary>Goes on by as many bytes as these, which have to be the next ones.</summary>
    /// <exception cref="InvalidDataException">They are not.</exception>
    public void Check(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var position = Position;
            var expected = Next(bytes.Length).Span;
            var same = expected.CommonPrefixLength(bytes);
            if (same < expected.Length)
            {
                throw new InvalidDataException($"The byte at {position + same} is {bytes[same]:x2} and not {expected[same]:x2}.");
            }

            bytes = bytes[expected.Length..];
        }
    }
}
