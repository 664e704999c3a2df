using System.Buffers;

namespace Iskandar.Protocol.Link;

/// <summary>
/// The bytes on their way to the other side, as one growing sequence with marks in it: what is acknowledged is gone, what was taken to be sent is kept until then, what is
/// beyond waits for its turn. The memory that the bytes are encoded into is the memory they are kept in. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// <code>
/// 0 ........ Acknowledged ........ Sent ........ Taken ........ Claimed ........ End
///   gone         kept                    being sent                    waiting
/// </code>
/// </remarks>
internal sealed class OutboundLog : IBufferWriter<byte>
{
    private const int SmallestSegment = 4 * 1024;
    private const int LargestSegment = 64 * 1024;

    private readonly List<Segment> _segments = [];
    private int _nextSize = SmallestSegment;

    // Where the next piece is taken from.
    private int _current;

    /// <summary>The offset up to which the other side has received.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>The offset up to which sending has come to its end.</summary>
    public long Sent { get; private set; }

    /// <summary>The offset up to which sending has begun.</summary>
    public long Taken { get; private set; }

    /// <summary>The most that <see cref="Taken"/> has ever been: what is beyond has never left.</summary>
    public long MostTaken { get; private set; }

    /// <summary>The offset of the next byte to be written.</summary>
    public long End { get; private set; }

    /// <summary>The offset up to which is sent before anything else is looked at.</summary>
    public long Claimed { get; private set; }

    /// <summary>Bytes that wait for their turn.</summary>
    public long Waiting => End - Claimed;

    /// <summary>The offset from which on nothing has ever left, nor is about to.</summary>
    public long Unsent => Math.Max(Claimed, MostTaken);

    /// <summary>Bytes held, whatever for.</summary>
    public long Length => End - Acknowledged;

    public void Advance(int count)
    {
        var last = _segments[^1];
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(last.Bytes.Length - last.Length), nameof(count));
        last.Length += count;
        End += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        var least = Math.Max(sizeHint, 1);
        if (_segments.Count > 0 && _segments[^1] is var last && last.Bytes.Length - last.Length >= least)
        {
            return last.Bytes.AsMemory(last.Length);
        }

        var added = new Segment(ArrayPool<byte>.Shared.Rent(Math.Max(least, _nextSize)), End);
        _nextSize = Math.Min(_nextSize * 2, LargestSegment);
        _segments.Add(added);
        return added.Bytes;
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Forgets what was written after this point, none of which was claimed.</summary>
    /// <param name="end">An offset from <see cref="Claimed"/> to <see cref="End"/>.</param>
    public void Truncate(long end)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(end, Claimed);
        while (_segments.Count > 0 && _segments[^1] is var last && last.End > end)
        {
            if (last.Start < end)
            {
                last.Length = (int)(end - last.Start);
                break;
            }

            Remove(_segments.Count - 1, 1);
        }

        _current = Math.Clamp(_current, 0, Math.Max(0, _segments.Count - 1));
        End = end;
    }

    /// <summary>Claims all that waits, as the next batch.</summary>
    /// <returns>False when nothing does.</returns>
    public bool TryClaim()
    {
        var any = Claimed < End;
        Claimed = End;
        return any;
    }

    /// <summary>Gives back what is left of the batch: it waits for its turn again.</summary>
    public void Unclaim() => Claimed = Taken;

    /// <summary>Takes the next piece of the batch.</summary>
    /// <param name="most">The longest piece, in bytes.</param>
    /// <returns>The piece, which stays where it is until it is sent and acknowledged; empty at the batch's end.</returns>
    public ReadOnlyMemory<byte> Take(int most)
    {
        while (_current < _segments.Count)
        {
            var segment = _segments[_current];
            var length = (int)Math.Min(Math.Min(Claimed, segment.End) - Taken, most);
            if (length > 0)
            {
                var piece = segment.Bytes.AsMemory((int)(Taken - segment.Start), length);
                Taken += length;
                MostTaken = Math.Max(MostTaken, Taken);
                return piece;
            }

            if (Taken < segment.End || _current == _segments.Count - 1)
            {
                break;
            }

            _current++;
        }

        return default;
    }

    /// <summary>All that was taken has left our hands.</summary>
    public void MarkSent()
    {
        Sent = Taken;
        Trim();
    }

    /// <summary>The other side has received so much.</summary>
    /// <param name="offset">An offset; one that is below what is known already changes nothing.</param>
    /// <returns>False: so much was never sent.</returns>
    public bool TryAcknowledge(long offset)
    {
        if (offset > MostTaken)
        {
            return false;
        }

        if (offset > Acknowledged)
        {
            Acknowledged = offset;
            Trim();
        }

        return true;
    }

    /// <summary>Whether all from there on is still held, and no more than what was ever sent is asked for.</summary>
    public bool CanRewind(long offset) => offset >= Acknowledged && offset <= MostTaken;

    /// <summary>Sends again from there on. Nothing may be under way.</summary>
    /// <param name="offset">What the other side has received; see <see cref="CanRewind"/>.</param>
    public void Rewind(long offset)
    {
        if (!CanRewind(offset))
        {
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"Expected {Acknowledged} to {MostTaken}.");
        }

        Acknowledged = offset;
        Sent = offset;
        Taken = offset;
        Claimed = offset;
        Trim();
        _current = 0;
    }

    /// <summary>Forgets everything that is held.</summary>
    public void Clear()
    {
        Remove(0, _segments.Count);
        _current = 0;
        _nextSize = SmallestSegment;
        Acknowledged = Sent = Taken = Claimed = End;
    }

    // What is acknowledged may still be in the hands of who sends it.
    private void Trim()
    {
        var free = Math.Min(Acknowledged, Sent);
        var count = 0;
        while (count < _segments.Count && _segments[count].End <= free)
        {
            count++;
        }

        if (count == _segments.Count && count > 0 && free == End)
        {
            // Nothing is held: the next burst begins small again.
            _nextSize = SmallestSegment;
        }

        Remove(0, count);
        _current = Math.Max(0, _current - count);
    }

    private void Remove(int index, int count)
    {
        for (var i = index; i < index + count; i++)
        {
            ArrayPool<byte>.Shared.Return(_segments[i].Bytes);
        }

        _segments.RemoveRange(index, count);
    }

    private sealed class Segment(byte[] bytes, long start)
    {
        public byte[] Bytes => bytes;

        public long Start => start;

        public int Length { get; set; }

        public long End => start + Length;
    }
}
