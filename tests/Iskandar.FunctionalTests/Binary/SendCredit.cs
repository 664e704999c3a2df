using System.Buffers.Binary;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary;

/// <summary>The credit that this side has for one stream.</summary>
public sealed class SendCredit
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = NewSignal();
    private long _credit = Numbers.Window;
    private Exception? _end;

    /// <summary>All that was given beyond the window.</summary>
    public long Given { get; private set; }

    /// <summary>Takes as much as there is, at least 1 and at most so much.</summary>
    public async Task<int> TakeAsync(int most)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_credit > 0)
                {
                    var taken = (int)Math.Min(_credit, most);
                    _credit -= taken;
                    return taken;
                }

                changed = Changed();
            }

            await changed.WithinAsync("credit");
        }
    }

    public async Task GivenAsync(long bytes)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (Given >= bytes)
                {
                    return;
                }

                changed = Changed();
            }

            await changed.WithinAsync($"credit of {bytes} bytes, of which {Given} came");
        }
    }

    internal void Give(Frame frame) => Change(() =>
    {
        var bytes = BinaryPrimitives.ReadUInt32BigEndian(frame.Payload);
        _credit += bytes;
        Given += bytes;
        if (_credit > Numbers.MostCredit)
        {
            throw new ProtocolViolationException($"CREDIT on stream {frame.Stream} up to {_credit} bytes in all.");
        }
    });

    /// <summary>No more will come.</summary>
    internal void End(Exception reason) => Change(() => _end ??= reason);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task Changed() => _end is null ? _changed.Task : throw new InvalidOperationException($"No more credit will come: {_end.Message}", _end);

    private void Change(Action change)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            change();
            changed = _changed;
            _changed = NewSignal();
        }

        changed.SetResult();
    }
}
