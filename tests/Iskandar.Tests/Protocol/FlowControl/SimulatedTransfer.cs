using Iskandar.Protocol.Connections;
using Iskandar.Protocol.FlowControl;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Protocol.FlowControl;

/// <summary>
/// One endless transfer over a link with a bandwidth, a delay and a queue without bound: the sender puts all it has credit for into it. Answers to
/// pings wait in that queue as well. Time is simulated.
/// </summary>
internal sealed class SimulatedTransfer
{
    private const int Piece = 64 * 1024;
    private const int Pong = 17;

    private readonly FakeTimeProvider _time = new();
    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private readonly SendWindow _sender = new();
    private readonly long _start;
    private readonly long _delay;
    private readonly double _ticksPerByte;
    private readonly double _consumerTicksPerByte;
    private readonly Queue<int> _received = new();
    private long _order;
    private long _linkFree;
    private bool _isConsuming;

    /// <param name="roundTrip">There and back, without content on the way.</param>
    /// <param name="bytesPerSecond">The bandwidth.</param>
    /// <param name="consumerBytesPerSecond">How fast content leaves the receiver's hands.</param>
    /// <param name="budget">Where windows grow from.</param>
    public SimulatedTransfer(TimeSpan roundTrip, double bytesPerSecond, double consumerBytesPerSecond = double.PositiveInfinity, ByteBudget? budget = null)
    {
        RoundTrip = new RoundTrip(_time);
        Receiver = new ReceiveWindow(RoundTrip, budget);
        _delay = roundTrip.Ticks / 2;
        _ticksPerByte = TimeSpan.TicksPerSecond / bytesPerSecond;
        _consumerTicksPerByte = TimeSpan.TicksPerSecond / consumerBytesPerSecond;
        _start = _linkFree = _time.GetTimestamp();
        Send();
    }

    public ReceiveWindow Receiver { get; }

    public RoundTrip RoundTrip { get; }

    /// <summary>Bytes that the receiver has consumed.</summary>
    public long Consumed { get; private set; }

    private long Now => _time.GetTimestamp();

    /// <summary>Measures the round trip once while the link is empty. To be called first.</summary>
    public SimulatedTransfer Measured()
    {
        Assert.True(RoundTrip.TryBegin(Now - (2 * _delay), out var opaque));
        Assert.True(RoundTrip.TryEnd(opaque, Now));
        return this;
    }

    /// <summary>Runs until so much time has passed since the beginning.</summary>
    /// <returns>The bytes consumed meanwhile, for each second.</returns>
    public double RunUntil(TimeSpan end)
    {
        var (consumed, began) = (Consumed, Now);
        while (_events.TryPeek(out var action, out var key) && key.At <= _start + end.Ticks)
        {
            _events.Dequeue();
            Advance(key.At);
            action();
        }

        Advance(_start + end.Ticks);
        return (Consumed - consumed) / TimeSpan.FromTicks(Now - began).TotalSeconds;
    }

    private void Advance(long to) => _time.Advance(TimeSpan.FromTicks(Math.Max(0, to - Now)));

    private void At(long when, Action action) => _events.Enqueue(action, (when, _order++));

    private void Send()
    {
        while (_sender.Take(Piece) is > 0 and var bytes)
        {
            At(Queue(bytes), () => Receive(bytes));
        }
    }

    // When it arrives at the receiver.
    private long Queue(int bytes)
    {
        _linkFree = Math.Max(_linkFree, Now) + (long)(bytes * _ticksPerByte);
        return _linkFree + _delay;
    }

    private void Receive(int bytes)
    {
        Assert.True(Receiver.TryReceive(bytes), "The sender kept to its credit.");
        if (RoundTrip.TryBegin(Now, out var opaque))
        {
            At(Now + _delay, () => At(Queue(Pong), () => Assert.True(RoundTrip.TryEnd(opaque, Now), "It was asked for.")));
        }

        _received.Enqueue(bytes);
        Consume();
    }

    private void Consume()
    {
        if (_isConsuming || !_received.TryDequeue(out var bytes))
        {
            return;
        }

        _isConsuming = true;
        At(Now + (long)(bytes * _consumerTicksPerByte), () =>
        {
            _isConsuming = false;
            Consumed += bytes;
            if (Receiver.Consumed(bytes, Now) is > 0 and var credit)
            {
                At(Now + _delay, () =>
                {
                    Assert.True(_sender.TryAdd((uint)credit));
                    Send();
                });
            }

            Consume();
        });
    }
}
