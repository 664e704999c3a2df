using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Faults.Relay;

/// <summary>What has passed in each direction, over all connections, and what is to happen when so much has.</summary>
public sealed class Traffic
{
    private readonly Lock _lock = new();
    private readonly long[] _passed = new long[2];
    private readonly List<Plan> _plans = [];

    public long Passed(Direction direction)
    {
        lock (_lock)
        {
            return _passed[(int)direction];
        }
    }

    /// <summary>Has something done as soon as exactly so many more bytes have passed.</summary>
    public Task AfterAsync(Direction direction, long bytes, Action<RelayConnection> act)
    {
        lock (_lock)
        {
            var plan = new Plan(direction, _passed[(int)direction] + Math.Max(bytes, 1), act);
            _plans.Add(plan);
            return plan.Done.PassAsync($"{bytes} more bytes {direction}");
        }
    }

    /// <summary>Counts bytes that are about to pass.</summary>
    /// <param name="direction">Their direction.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="plan">What is to be done when they have passed.</param>
    /// <returns>How many may pass before.</returns>
    internal int Take(Direction direction, int count, out Plan? plan)
    {
        lock (_lock)
        {
            ref var passed = ref _passed[(int)direction];
            var end = passed + count;
            plan = _plans.Where(plan => plan.Direction == direction && plan.At <= end).MinBy(plan => plan.At);
            if (plan is not null)
            {
                _plans.Remove(plan);
                count = (int)Math.Max(plan.At - passed, 0);
            }

            passed += count;
            return count;
        }
    }

    /// <summary>The connection broke before the bytes were through: the next one that carries some is meant.</summary>
    internal void Restore(Plan plan)
    {
        lock (_lock)
        {
            _plans.Add(plan);
        }
    }

    internal sealed record Plan(Direction Direction, long At, Action<RelayConnection> Act)
    {
        public Gate Done { get; } = new();
    }
}
