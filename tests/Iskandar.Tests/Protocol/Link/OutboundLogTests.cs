using System.Buffers;
using System.Runtime.InteropServices;
using CsCheck;
using Iskandar.Protocol.Link;

namespace Iskandar.Tests.Protocol.Link;

/// <summary>The log against a list of bytes and a few offsets: whatever is done with it, what is taken is what was written, and nothing goes before its time.</summary>
public sealed class OutboundLogTests
{
    private const int Segment = 64 * 1024;

    private static readonly Gen<(Step Step, int First, int Second)[]> AnySteps =
        Gen.Select(Gen.Enum<Step>(), Gen.Int[0, 1_000_000], Gen.Int[0, 1_000_000]).Array[0, 200];

    private enum Step
    {
        Append,
        AppendWithHint,
        AppendMuch,
        Reserve,
        Claim,
        Take,
        TakeSmall,
        TakeAll,
        Unclaim,
        Sent,
        Acknowledge,
        AcknowledgeTaken,
        Rewind,
        Truncate,
        TruncateAll,
        Clear,
    }

    [Fact]
    public void Log_AnySteps_AsTheModel() => AnySteps.Sample(
        static steps =>
        {
            var model = new Model();
            foreach (var (step, first, second) in steps)
            {
                model.Do(step, first, second);
                model.Check();
            }

            model.DeliverTheRest();
        },
        iter: 500);

    [Fact]
    public void Truncate_TheEndWasLookedAt_WhatIsWrittenNextIsTaken()
    {
        var log = new OutboundLog();
        log.Write<byte>(new byte[100]);
        log.TryClaim();
        log.Take(int.MaxValue);
        log.GetSpan(2 * Segment)[0] = 1;
        log.Advance(1);
        Assert.True(log.Take(int.MaxValue).IsEmpty);

        log.Truncate(100);
        log.Write<byte>([7]);
        log.TryClaim();

        Assert.Equal([7], log.Take(int.MaxValue).ToArray());
    }

    [Fact]
    public void TryAcknowledge_MoreThanWasTaken_Refused()
    {
        var log = new OutboundLog();
        log.Write<byte>(new byte[100]);
        log.TryClaim();
        log.Take(60);

        Assert.False(log.TryAcknowledge(61));
        Assert.True(log.TryAcknowledge(60));
        Assert.True(log.TryAcknowledge(10));
        Assert.Equal((60, 40), (log.Acknowledged, log.Length));
    }

    [Fact]
    public void Memory_ContentComesAndIsAcknowledged_LittleMoreThanIsHeldAndAllGivenBack()
    {
        var random = new Random(1);
        var log = new OutboundLog();
        var content = new byte[100_000];
        using var pool = PoolWatch.Begin();
        for (var round = 0; round < 2_000; round++)
        {
            log.Write<byte>(content.AsSpan(0, random.Next(content.Length)));
            log.TryClaim();
            while (!log.Take(Segment).IsEmpty)
            {
            }

            log.MarkSent();
            if (log.Length > 1_000_000)
            {
                log.TryAcknowledge(log.End - random.Next(1_000_000));
            }

            Assert.InRange(PoolWatch.Rented, log.Length, log.Length + (2 * Segment));
        }

        log.TryAcknowledge(log.End);
        Assert.Equal(0, PoolWatch.Rented);

        log.Write<byte>(content);
        log.Clear();
        Assert.Equal(0, PoolWatch.Rented);
    }

    private sealed class Model
    {
        private readonly OutboundLog _log = new();
        private readonly List<byte> _all = [];
        private readonly List<(long Start, ReadOnlyMemory<byte> Piece)> _taken = [];
        private long _acknowledgedTo;
        private long _sentTo;
        private long _takenTo;
        private long _mostTaken;
        private long _claimedTo;
        private byte _next;

        public void Do(Step step, int first, int second)
        {
            switch (step)
            {
                case Step.Append:
                    Append(first % 300, 0);
                    break;
                case Step.AppendWithHint:
                    Append(first % 300, second % (3 * Segment));
                    break;
                case Step.AppendMuch:
                    Append(first % (first % 10 == 0 ? 2 * Segment : 5_000), 0);
                    break;
                case Step.Reserve:
                    _log.GetSpan(second % (3 * Segment)).Fill(0xEE);
                    break;
                case Step.Claim:
                    Assert.Equal(_claimedTo < _all.Count, _log.TryClaim());
                    _claimedTo = _all.Count;
                    break;
                case Step.Take:
                    Take(1 + first);
                    break;
                case Step.TakeSmall:
                    Take(1 + (first % 100));
                    break;
                case Step.TakeAll:
                    while (Take(Segment))
                    {
                    }

                    break;
                case Step.Unclaim:
                    _log.Unclaim();
                    _claimedTo = _takenTo;
                    break;
                case Step.Sent:
                    _log.MarkSent();
                    _sentTo = _takenTo;
                    break;
                case Step.Acknowledge:
                    Acknowledge(first % (_mostTaken + 20));
                    break;
                case Step.AcknowledgeTaken:
                    Acknowledge(_takenTo);
                    break;
                case Step.Rewind:
                    Rewind(first % (_mostTaken + 20));
                    break;
                case Step.Truncate:
                    Truncate(_claimedTo + (first % (_all.Count - _claimedTo + 1)));
                    break;
                case Step.TruncateAll:
                    Truncate(_claimedTo);
                    break;
                case Step.Clear when first % 5 == 0:
                    _log.Clear();
                    _acknowledgedTo = _sentTo = _takenTo = _claimedTo = _all.Count;
                    _taken.Clear();
                    break;
            }
        }

        public void Check()
        {
            Assert.Equal(
                (_acknowledgedTo, _sentTo, _takenTo, _mostTaken, _claimedTo, _all.Count),
                (_log.Acknowledged, _log.Sent, _log.Taken, _log.MostTaken, _log.Claimed, _log.End));
            Assert.Equal(
                (_all.Count - _acknowledgedTo, _all.Count - _claimedTo, Math.Max(_mostTaken, _claimedTo)), (_log.Length, _log.Waiting, _log.Unsent));

            // It may be in the hands of who sends it until it is sent, and may have to be sent again until it is acknowledged.
            _taken.RemoveAll(taken => taken.Start + taken.Piece.Length <= Math.Min(_sentTo, _acknowledgedTo));
            foreach (var (start, piece) in _taken)
            {
                AssertSame(start, piece);
            }
        }

        public void DeliverTheRest()
        {
            if (_log.CanRewind(_acknowledgedTo))
            {
                Rewind(_acknowledgedTo);
            }

            _log.TryClaim();
            _claimedTo = _all.Count;
            while (Take(Segment))
            {
            }

            Assert.Equal(_all.Count, _takenTo);
            Check();
        }

        private void Append(int length, int hint)
        {
            while (length > 0)
            {
                var span = _log.GetSpan(hint);
                Assert.True(span.Length >= Math.Max(1, hint));
                var count = Math.Min(length, span.Length);
                for (var i = 0; i < count; i++)
                {
                    span[i] = _next;
                    _all.Add(_next);
                    _next += 7;
                }

                _log.Advance(count);
                length -= count;
            }
        }

        private bool Take(int most)
        {
            var piece = _log.Take(most);
            Assert.Equal(_takenTo == _claimedTo, piece.IsEmpty);
            Assert.InRange(piece.Length, 0, Math.Min(most, _claimedTo - _takenTo));
            AssertSame(_takenTo, piece);
            _taken.Add((_takenTo, piece));
            _takenTo += piece.Length;
            _mostTaken = piece.IsEmpty ? _mostTaken : Math.Max(_mostTaken, _takenTo);
            return !piece.IsEmpty;
        }

        private void Acknowledge(long offset)
        {
            Assert.Equal(offset <= _mostTaken, _log.TryAcknowledge(offset));
            if (offset <= _mostTaken)
            {
                _acknowledgedTo = Math.Max(_acknowledgedTo, offset);
            }
        }

        private void Rewind(long offset)
        {
            var can = offset >= _acknowledgedTo && offset <= _mostTaken;
            Assert.Equal(can, _log.CanRewind(offset));
            if (!can)
            {
                Assert.Throws<ArgumentOutOfRangeException>(() => _log.Rewind(offset));
                return;
            }

            _log.Rewind(offset);
            _taken.Clear();
            _acknowledgedTo = _sentTo = _takenTo = _claimedTo = offset;
        }

        private void Truncate(long end)
        {
            // What has left once can't be taken back.
            if (end < _mostTaken)
            {
                return;
            }

            _log.Truncate(end);
            _all.RemoveRange((int)end, (int)(_all.Count - end));
        }

        private void AssertSame(long start, ReadOnlyMemory<byte> piece)
        {
            if (!CollectionsMarshal.AsSpan(_all).Slice((int)start, piece.Length).SequenceEqual(piece.Span))
            {
                Assert.Fail($"The bytes at {start} are not what was written.");
            }
        }
    }
}
